import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { home } from "../../../support/agent/cli-scene.ts";
import { command, isRunnableByNobody, NOBODY } from "../../../support/agent/command.ts";
import { makeKey } from "../../../support/keys.ts";
import { lacks } from "../../../support/requires.ts";

/** Every Debian has this user; the unit of this host runs as it. */
const USER = "daemon";
const UID = 1;
const COMMANDS = /\b(?:chown|chgrp|chmod)\b/;
const LACKS_USERS = lacks("other users that can run this checkout", isRunnableByNobody());

/**
 * A host whose agent.toml, and key file, are root's; `systemctl` says what a systemd with such a
 * unit would.
 */
function host({ keyFile = false, unit = `LoadState=loaded\nUser=${USER}\nGroup=` } = {}) {
  const place = home();
  chmodSync(place.folder, 0o755);
  const bin = join(place.folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "systemctl"), `#!/bin/sh\nprintf '%s\\n' '${unit.replaceAll("\n", "' '")}'\n`, {
    mode: 0o755,
  });
  const key = makeKey();
  const path = join(place.folder, "key");
  writeFileSync(path, key, { mode: 0o600 });
  place.write({ url: "http://127.0.0.1:9", ...(keyFile ? { keyFile: path } : { key }) });
  if (keyFile) {
    chmodSync(place.configPath, 0o644);
  }
  const environment = { PATH: `${bin}:${process.env["PATH"]}` };
  const secret = keyFile ? path : place.configPath;
  return {
    secret,
    run: (uid: number | undefined, ...words: readonly string[]) =>
      command([...words, "-c", place.configPath], { environment, ...(uid !== undefined && { uid }) }),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
}

const canRead = (path: string) =>
  execFileSync("setpriv", [`--reuid=${UID}`, `--regid=${UID}`, "--clear-groups", "cat", path]).length > 0;

describe.skipIf(LACKS_USERS)("check and doctor", { timeout: 120_000 }, () => {
  const cases = [
    ["check", false],
    ["check", true],
    ["doctor", false],
    ["doctor", true],
  ] as const;

  it.for(cases)(
    "%s without root names no command that would lock the service out (key file: %s)",
    async ([word, keyFile]) => {
      using place = host({ keyFile });
      for (const mode of [0o600, 0o640, 0o644, 0o666]) {
        chmodSync(place.secret, mode);
        const { output } = await place.run(NOBODY, word);
        expect(output).not.toMatch(COMMANDS);
        expect(output).toMatch(/sudo/);
      }
    },
  );

  it.for(cases)(
    "%s as root names a command that lets the unit's user in (key file: %s)",
    async ([word, keyFile]) => {
      using place = host({ keyFile });
      for (const [mode, uid] of [
        [0o600, 0],
        [0o640, 0],
        [0o644, 0],
        [0o666, 0],
        [0o640, NOBODY],
        [0o644, NOBODY],
        [0o200, UID],
        [0o644, UID],
      ] as const) {
        chownSync(place.secret, uid, uid);
        chmodSync(place.secret, mode);
        const { output } = await place.run(undefined, word);
        const remedy = /(?:chown|chgrp|chmod) .*$/m.exec(output)?.[0] ?? "";
        expect(remedy, `${mode.toString(8)} ${uid}`).not.toBe("");
        execFileSync("sh", ["-c", remedy]);
        expect(canRead(place.secret), remedy).toBe(true);
        expect((await place.run(undefined, word)).output).not.toMatch(COMMANDS);
      }
    },
  );

  it("where no service is, the user's own file is closed for the user", async () => {
    using place = host({ unit: "LoadState=not-found\nUser=\nGroup=" });
    chownSync(place.secret, NOBODY, NOBODY);
    chmodSync(place.secret, 0o644);
    const { output } = await place.run(NOBODY, "check");
    expect(output).toContain(`chmod 0600 ${place.secret}`);
    expect(readFileSync(place.secret, "utf8")).not.toBe("");
  });
});
