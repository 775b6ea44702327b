import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assertProgramPlace } from "../../../src/agent/cli/service/program-place.ts";
import { installedUnit } from "../../../src/agent/systemd/service-unit.ts";
import { ownerText } from "../../../src/lib/accounts.ts";
import { command } from "../../support/agent/command.ts";
import { lacks } from "../../support/requires.ts";
import { rootOnlyDir } from "../../support/temp-dir.ts";

describe("install --binary", () => {
  it.each([
    ["a space", "/opt/no vacula/agent"],
    ["a specifier", "/opt/%n/agent"],
    ["a quote", '/opt/"agent'],
    ["a line of its own", "/opt/agent\nExecStartPre=+/bin/sh -c id\n#"],
    ["a carriage return at the end", "/opt/agent\r"],
    ["what a replacement would copy", "/opt/$&"],
    ["a variable", "/opt/$HOME/agent"],
    ["a backslash", "/opt/a\\x20gent"],
    ["a semicolon", "/opt/agent;"],
    ["a letter that only looks right", "/opt/аgent"],
    ["a relative path", "bin/agent"],
    ["nothing", ""],
    ["dots", "/opt/../bin/agent"],
    ["a slash at the end", "/opt/agent/"],
    ["root's folder", "/"],
    ["a folder", "/usr/bin"],
    ["the other program's name", "/opt/novacula-control-plane"],
    ["a home, which the unit hides", "/home/joe/agent"],
    ["a folder that is empty after a boot", "/run/agent"],
    ["a folder of everybody", "/var/tmp/agent"],
  ])("refuses %s, and says why, before anything is done", async (_what, binary) => {
    await expect(assertProgramPlace(binary)).rejects.toThrow(/cannot install to .*so nothing was done: ./u);
    const { code, stderr } = await command(["install", "--dry-run", "--binary", binary]);
    expect(code).toBe(1);
    expect(stderr).toContain("so nothing was done");
  });

  it("what it takes is one word of the unit, whatever a generator makes of it", async () => {
    const path = fc.string({ minLength: 1, maxLength: 20, unit: "binary" }).map((name) => `/opt/${name}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(path, fc.stringMatching(/^\/opt\/[\w+@,:=.-]{1,12}$/u)), async (binary) => {
        try {
          await assertProgramPlace(binary);
        } catch {
          return;
        }
        const lines = installedUnit(binary, 257).split("\n");
        const plain = installedUnit("/usr/bin/novacula-agent", 257).split("\n");
        expect(lines).toHaveLength(plain.length);
        expect(lines).toContain(`ExecStart=${binary} run`);
        expect(binary).not.toMatch(/[\s%$"'\\;~\p{Cc}]/u);
      }),
    );
  });

  describe.skipIf(lacks("root, whose folders they are", process.geteuid?.() === 0))("as root", () => {
    it.each([
      ["belongs to a user", 0o755, 65534, 0],
      ["is everybody's", 0o1777, 0, 0],
      ["is a group's", 0o775, 0, 65534],
    ])(
      "refuses a folder that %s, also for folders below it that are not there",
      async (_what, mode, uid, gid) => {
        const folder = rootOnlyDir();
        chownSync(folder, uid, gid);
        chmodSync(folder, mode);
        mkdirSync(join(folder, "below"));
        symlinkSync("/usr/bin", join(folder, "link"));
        const says = `others than root can write to ${folder} (${ownerText({ uid, gid })}, mode ${mode.toString(8).padStart(4, "0")})`;
        for (const path of ["agent", "below/agent", "no/such/agent", "link/agent"]) {
          await expect(assertProgramPlace(join(folder, path))).rejects.toThrow(says);
        }
      },
    );

    it("refuses a link in the file's place", async () => {
      const folder = rootOnlyDir();
      await expect(assertProgramPlace(join(folder, "new", "agent"))).resolves.toBeUndefined();
      writeFileSync(join(folder, "real"), "");
      await expect(assertProgramPlace(join(folder, "real"))).resolves.toBeUndefined();
      symlinkSync("real", join(folder, "agent"));
      await expect(assertProgramPlace(join(folder, "agent"))).rejects.toThrow("it is a symbolic link");
    });
  });
});
