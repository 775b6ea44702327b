import { describe, expect, it } from "vitest";
import { installedUnit, isAsInstalled } from "../../../src/agent/systemd/service-unit.ts";
import { command } from "../../support/agent/command.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** What needs a booted systemd is in test/systemd/booted/install-command.test.ts. */
describe("the commands of the service, without a service manager", () => {
  it.each(["start", "stop", "restart"])("%s says what to do on a host without systemctl", async (verb) => {
    const { code, stderr } = await command([verb], { environment: { PATH: tempDir() } });
    expect(code).toBe(1);
    expect(stderr).toBe(
      "novacula-agent: this host has no systemctl: without systemd, have your own service manager run `novacula-agent run`\n",
    );
  });

  it("install refuses a checkout, which is not one file", async () => {
    const { code, stderr } = await command(["install", "--dry-run"]);
    expect(code).toBe(1);
    expect(stderr).toContain("only the single binary can be installed");
  });
});

describe("the unit that install writes", () => {
  it("is the package's with another binary, and shows whether anybody changed it", () => {
    const unit = installedUnit("/opt/novacula/agent", 252);
    expect(unit).toContain("ExecStart=/opt/novacula/agent run\n");
    expect(unit).not.toContain("/usr/bin/novacula-agent");
    expect(isAsInstalled(unit)).toBe(true);
    expect(isAsInstalled(unit.replace("RestartSec=2s", "RestartSec=3s"))).toBe(false);
    expect(isAsInstalled(unit.split("\n").slice(1).join("\n"))).toBe(false);
  });

  it("asks systemd for its notification socket only where it knows how", () => {
    const unit = (systemd: number) => installedUnit("/opt/novacula/agent", systemd);
    for (const systemd of [0, 249, 252]) {
      expect(unit(systemd)).not.toMatch(/^OpenFile=/mu);
    }
    for (const systemd of [253, 257]) {
      expect(unit(systemd)).toMatch(/^\[Service\]\nOpenFile=\/run\/systemd\/notify:notify\n/mu);
      expect(isAsInstalled(unit(systemd))).toBe(true);
    }
  });
});
