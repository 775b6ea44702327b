import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXECUTABLE } from "../../../packaging/paths.ts";
import { DEBIAN_RELEASES, type DebianRelease } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { bootEmpty, bootInstalled, haveMachines } from "./support/hosts.ts";
import type { Machine } from "./support/machine.ts";

const UNIT = "/etc/systemd/system/novacula-agent.service";

async function withBinary(release: DebianRelease): Promise<Machine> {
  const machine = await bootEmpty(release);
  copyFileSync(EXECUTABLE, machine.path("/srv/novacula-agent"));
  return machine;
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("install without a package on $title", (release) => {
  it("says what it would do, does it, and does nothing the second time", async () => {
    const machine = await withBinary(release);
    const dry = await machine.run(["/srv/novacula-agent", "install", "--dry-run"]);
    expect(dry).toContain(`would     write ${UNIT}`);
    await machine.sh(`! test -e ${UNIT} && ! test -e /etc/novacula && ! id novacula 2>/dev/null`);

    const first = await machine.run(["/srv/novacula-agent", "install"]);
    expect(first.match(/^done /gmu)).toHaveLength(4);
    const host = new ExecutorHost(machine);
    expect(await host.show("ActiveState", "NRestarts", "FragmentPath")).toEqual({
      ActiveState: "active",
      NRestarts: "0",
      FragmentPath: UNIT,
    });
    expect(await machine.run(["systemctl", "is-enabled", "novacula-agent"])).toBe("enabled");
    expect(await machine.run(["stat", "-c", "%a %U:%G", "/etc/novacula/agent.toml", UNIT])).toBe(
      "640 root:novacula\n644 root:root",
    );
    const { MainPID } = await host.show("MainPID");
    const second = await machine.run(["/usr/local/bin/novacula-agent", "install"]);
    expect(second).not.toMatch(/^done /mu);
    expect((await host.show("MainPID"))["MainPID"]).toBe(MainPID);
  });

  it("leaves an edited unit alone without --force, and its drop-ins always", async () => {
    const machine = await withBinary(release);
    await machine.run(["/srv/novacula-agent", "install"]);
    await machine.sh(`sed -i 's/^RestartSec=.*/RestartSec=9s/' ${UNIT}`);
    const refused = await machine.try(["/srv/novacula-agent", "install"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("has been edited");
    expect(await machine.run(["cat", UNIT])).toContain("RestartSec=9s");
    await machine.run(["/srv/novacula-agent", "install", "--force"]);
    expect(await machine.run(["cat", UNIT])).not.toContain("RestartSec=9s");
  });

  it("uninstalls what it installed, and keeps configuration and state", async () => {
    const machine = await withBinary(release);
    await machine.run(["/srv/novacula-agent", "install"]);
    const said = await machine.run(["/usr/local/bin/novacula-agent", "uninstall"]);
    expect(said).toContain("Kept: /etc/novacula");
    await machine.sh(
      `! test -e ${UNIT}; ! test -e /usr/local/bin/novacula-agent; test -e /etc/novacula/agent.toml; test -d /var/lib/novacula`,
    );
    expect((await machine.try(["systemctl", "is-active", "novacula-agent"])).stdout.trim()).toBe("inactive");
    expect(await machine.run(["/srv/novacula-agent", "uninstall"])).toContain("Nothing to do");
  });

  it("starts, stops and restarts, passes systemctl's status on, and leaves the package's service to apt", async () => {
    const machine = await withBinary(release);
    const missing = await machine.try(["/srv/novacula-agent", "start"]);
    expect(missing.exitCode).toBe(5);
    expect(missing.stderr).toContain("novacula-agent install");
    await machine.run(["/srv/novacula-agent", "install"]);
    const host = new ExecutorHost(machine);
    for (const [verb, state] of [
      ["stop", "inactive"],
      ["start", "active"],
      ["restart", "active"],
    ]) {
      await machine.run(["novacula-agent", verb ?? ""]);
      expect((await host.show("ActiveState"))["ActiveState"]).toBe(state);
    }
    const packaged = await bootInstalled(release);
    const refused = await packaged.try(["novacula-agent", "install"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("use apt");
  });
});
