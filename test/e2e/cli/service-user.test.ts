import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { identityIn, passingUser, unitUser } from "../../../src/agent/cli/host/user/identity.ts";
import { obstacleFor } from "../../../src/agent/cli/host/user/obstacle.ts";
import { parseAccounts, readAccounts } from "../../../src/lib/accounts.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { home } from "../../support/agent/cli-scene.ts";
import { makeKey } from "../../support/keys.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { AGENT } from "../../support/programs.ts";
import { lacks } from "../../support/requires.ts";
import { tempDir } from "../../support/temp-dir.ts";

const isRoot = process.geteuid?.() === 0;
const PASSWD = "root:x:0:0::/root:/bin/sh\nnovacula:x:998:997::/var/lib/novacula:/usr/sbin/nologin\n";
const GROUP = "root:x:0:\nnovacula:x:997:\nvault:x:500:www,novacula\nother:x:501:novaculas\n";
const ACCOUNTS = parseAccounts(PASSWD, GROUP);

describe("the service's user", () => {
  it("has its own group and those that name it", () => {
    expect(identityIn(ACCOUNTS, "novacula")).toEqual({
      name: "novacula",
      uid: 998,
      gids: [997, 500],
      groupName: "novacula",
    });
    expect(identityIn(ACCOUNTS, "nobody")).toBeUndefined();
  });

  const cases: readonly (readonly [
    what: string,
    owner: readonly [uid: number, gid: number],
    mode: number,
    isReadable: boolean,
  ])[] = [
    ["its own file", [998, 0], 0o400, true],
    ["its own file that only others may read", [998, 0], 0o044, false],
    ["a file of its group", [0, 997], 0o640, true],
    ["a file of another of its groups", [0, 500], 0o640, true],
    ["a file of its group that only others may read", [0, 997], 0o604, false],
    ["a file of root", [0, 0], 0o600, false],
    ["a file of everybody", [0, 0], 0o644, true],
  ];
  it.skipIf(lacks("root, to give files away", isRoot)).each(cases)(
    "judges %s by its mode",
    async (_what, [uid, gid], mode, isReadable) => {
      const user = identityIn(ACCOUNTS, "novacula");
      if (user === undefined) {
        throw new TypeError("no such user");
      }
      const folder = tempDir();
      chmodSync(folder, 0o755);
      const path = join(folder, "agent.toml");
      writeFileSync(path, "");
      chownSync(path, uid, gid);
      chmodSync(path, mode);
      const obstacle = await obstacleFor(user, path);
      if (isReadable) {
        expect(obstacle).toBeUndefined();
      }
      // Its owner is judged by the owner's bits alone: no group helps.
      else if (uid === user.uid) {
        expect(remedyText(obstacle?.remedy ?? [])).toBe(`Run: chmod u+r ${path}`);
      } else {
        expect(remedyText(obstacle?.remedy ?? [])).toBe(`Run: chgrp novacula ${path} && chmod 0640 ${path}`);
      }
    },
  );

  it.skipIf(lacks("root, to give files away", isRoot))(
    "that systemd makes for one process gets no file, as nothing on disk can be its own",
    async () => {
      const folder = tempDir();
      chmodSync(folder, 0o755);
      const path = join(folder, "agent.toml");
      writeFileSync(path, "");
      chmodSync(path, 0o640);
      const obstacle = await obstacleFor(passingUser("novacula-agent"), path);
      expect(obstacle?.problem).toContain("the service's user novacula-agent cannot read");
      expect(remedyText(obstacle?.remedy ?? [])).toMatch(/^Give the service a user that lasts: (?!.*chgrp)/u);
      chmodSync(path, 0o644);
      expect(await obstacleFor(passingUser("novacula-agent"), path)).toBeUndefined();
    },
  );

  it.skipIf(lacks("root, to give files away", isRoot))("is stopped by a folder on the way", async () => {
    const user = identityIn(ACCOUNTS, "novacula");
    if (user === undefined) {
      throw new TypeError("no such user");
    }
    const folder = join(tempDir(), "it's");
    chmodSync(join(folder, ".."), 0o755);
    mkdirSync(folder, { mode: 0o700 });
    const path = join(folder, "agent.toml");
    writeFileSync(path, "", { mode: 0o644 });
    const quoted = `'${folder.replace("'", "'\\''")}'`;
    expect(remedyText((await obstacleFor(user, path))?.remedy ?? [])).toBe(
      `Run: chgrp novacula ${quoted} && chmod g+x ${quoted}`,
    );
  });

  it.skipIf(lacks("root, to give files away", isRoot))(
    "is told of all that keeps it out at once, also of the folder of a link",
    async () => {
      const user = identityIn(ACCOUNTS, "novacula");
      if (user === undefined) {
        throw new TypeError("no such user");
      }
      const top = tempDir();
      chmodSync(top, 0o755);
      const [live, archive] = [join(top, "live"), join(top, "archive")];
      mkdirSync(live, { mode: 0o700 });
      mkdirSync(archive, { mode: 0o700 });
      const [file, link] = [join(archive, "ca1.pem"), join(live, "ca.pem")];
      writeFileSync(file, "", { mode: 0o600 });
      symlinkSync("../archive/ca1.pem", link);
      const obstacle = await obstacleFor(user, link);
      expect(obstacle?.problem).toBe(
        `the service's user novacula cannot enter ${live} (mode 0700, owner root, group root), nor enter ${archive} (mode 0700, owner root, group root), nor read ${file} (mode 0600, owner root, group root)`,
      );
      const opened = [live, archive].map((folder) => `chgrp novacula ${folder} && chmod g+x ${folder}`);
      expect(remedyText(obstacle?.remedy ?? [])).toBe(
        `Run: ${opened.join(" && ")} && chgrp novacula ${file} && chmod 0640 ${file}`,
      );
      chownSync(archive, user.uid, 0);
      chmodSync(archive, 0o600);
      expect(remedyText((await obstacleFor(user, link))?.remedy ?? [])).toContain(`chmod u+x ${archive} && `);
    },
  );
});

const canMount = isRoot && (await succeeds("unshare", ["-m", "true"]));

describe("check as root", () => {
  it.skipIf(lacks("root, to mount a passwd file of its own", canMount))(
    "judges what that user can read, with the commands that fix it",
    async () => {
      using place = home();
      place.write({ url: "http://127.0.0.1:1", key: makeKey() });
      chmodSync(place.folder, 0o755);
      const [passwd, group] = [join(place.folder, "passwd"), join(place.folder, "group")];
      writeFileSync(passwd, PASSWD);
      writeFileSync(group, GROUP);
      const script = 'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/group && shift 2 && exec "$@"';
      const check = [process.execPath, AGENT, "check", "-c", place.configPath];
      const run = () =>
        promisify(execFile)("unshare", ["-m", "sh", "-c", script, "sh", passwd, group, ...check], {
          env: ENVIRONMENT,
        });
      await expect(run()).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringContaining(
          `bad     ${place.configPath}: the service's user novacula cannot read ${place.configPath} (mode 0600, owner root, group root). Run: chgrp novacula ${place.configPath} && chmod 0640 ${place.configPath}`,
        ),
      });
      chownSync(place.configPath, 0, 997);
      chmodSync(place.configPath, 0o640);
      expect((await run()).stdout).toMatch(/^(ok .*\n){2}$/u);
    },
  );
});

async function succeeds(file: string, args: readonly string[]): Promise<boolean> {
  return promisify(execFile)(file, [...args]).then(
    () => true,
    () => false,
  );
}

describe("the user of a unit", () => {
  it("has the groups that systemd gives it: Group= in place of its own, and SupplementaryGroups=", () => {
    const { gids: own = [] } = unitUser({ User: "nobody", Group: "", SupplementaryGroups: [] }) ?? {};
    const unit = { User: "nobody", Group: "daemon", SupplementaryGroups: ["sys", "no-such-group"] };
    const { gids = [], groupName } = unitUser(unit) ?? {};
    expect(groupName).toBe("daemon");
    expect(own).toContain(65_534);
    expect(gids).not.toContain(65_534);
    expect(gids).toEqual([gidOf("daemon"), gidOf("sys")]);
  });

  it("is root if there is no User=, and known by number", () => {
    expect(unitUser({ User: "", Group: "", SupplementaryGroups: [] })?.uid).toBe(0);
    expect(unitUser({ User: "0", Group: "", SupplementaryGroups: [] })?.name).toBe("root");
    expect(unitUser({ User: "no-such-user", Group: "", SupplementaryGroups: [] })).toBeUndefined();
  });
});

function gidOf(name: string): number | undefined {
  return readAccounts().groups.find((group) => group.name === name)?.gid;
}
