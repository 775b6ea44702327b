import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { userOf } from "../../../src/agent/cli/host/user/identity.ts";
import { inPlace, type WritePlace } from "../../../src/agent/cli/host/write-place.ts";
import { ownerText } from "../../../src/lib/accounts.ts";
import { OperatorError } from "../../../src/lib/errors.ts";
import { writeFileAtomically } from "../../../src/lib/files/atomic-file.ts";
import { setScene } from "../../support/agent/cli-scene.ts";
import { NOBODY } from "../../support/agent/command.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { lacks } from "../../support/requires.ts";
import { rootOnlyDir } from "../../support/temp-dir.ts";

const isRoot = process.geteuid?.() === 0;
const OTHER = 12;
const user = userOf(NOBODY, NOBODY);

const put = (text: string) => (place: WritePlace) =>
  writeFileAtomically(place.path, text, {
    mode: 0o600,
    ...(place.mayGiveAway && { owner: { uid: 0, gid: 0 } }),
  });

/** A folder in a root-only one. */
function folderOf(uid: number, mode: number): string {
  const root = rootOnlyDir();
  chmodSync(root, 0o755);
  const folder = join(root, "folder");
  mkdirSync(folder);
  chownSync(folder, uid, uid);
  chmodSync(folder, mode);
  return folder;
}

describe.skipIf(lacks("root, who writes", isRoot))("what root writes", () => {
  it("goes through root's own links", async () => {
    const root = rootOnlyDir();
    mkdirSync(join(root, "real"));
    symlinkSync("real/key", join(root, "link"));
    await inPlace(join(root, "link"), put("text"));
    expect(readFileSync(join(root, "real", "key"), "utf8")).toBe("text");
    expect(lstatSync(join(root, "link")).isSymbolicLink()).toBe(true);
  });

  it("is the service's user's in a folder of that user, who gets no more than its rights", async () => {
    const folder = folderOf(NOBODY, 0o700);
    await inPlace(join(folder, "key"), put("text"), user);
    const { uid, gid } = statSync(join(folder, "key"));
    expect({ uid, gid }).toEqual({ uid: NOBODY, gid: user.gids[0] });
    expect(process.geteuid?.()).toBe(0);
    mkdirSync(join(folder, "roots"), { mode: 0o755 });
    await expect(inPlace(join(folder, "roots", "key"), put("text"), user)).rejects.toThrow(
      /so nothing was written: its folder belongs to nobody, who has no permission/u,
    );
    expect(process.geteuid?.()).toBe(0);
    expect(readdirSync(join(folder, "roots"))).toEqual([]);
  });

  it.each([
    [
      "another user's",
      OTHER,
      0o700,
      /\. Fix: run this as \S+, or move the file to a folder that only root can write to, such as [^:]*$/u,
    ],
    ["everybody's", 0, 0o777, /\. Fix: move the file .*, or restrict the folder: chmod go-w \S+$/u],
    ["everybody's with the sticky bit, such as /tmp", 0, 0o1777, /\. Fix: move the file to [^:]*$/u],
    ["the service's user's and everybody's", NOBODY, 0o777, /mode 0777/u],
    ["the service's user's and its group's", NOBODY, 0o770, /mode 0770/u],
  ])("is refused in a folder that is %s, with owner and mode", async (_whose, uid, mode, remedy) => {
    const folder = folderOf(uid, mode);
    const file = join(folder, "key");
    writeFileSync(file, "as it was");
    const refusal = inPlace(file, put("text"), user);
    await expect(refusal).rejects.toBeInstanceOf(OperatorError);
    await expect(refusal).rejects.toThrow(
      `others than root can write to ${folder} (${ownerText({ uid, gid: uid })}, mode ${mode.toString(8).padStart(4, "0")})`,
    );
    await expect(refusal).rejects.toThrow(remedy);
    expect(readFileSync(file, "utf8")).toBe("as it was");
    expect(readdirSync(folder)).toEqual(["key"]);
  });

  it.each([
    ["a link in its place", (folder: string, victim: string) => symlinkSync(victim, join(folder, "key"))],
    [
      "a dangling link in its place",
      (folder: string, victim: string) => symlinkSync(`${victim}-new`, join(folder, "key")),
    ],
  ])("does not go through %s", async (_what, plant) => {
    const folder = folderOf(NOBODY, 0o700);
    const victim = join(rootOnlyDir(), "victim");
    writeFileSync(victim, "as it was");
    plant(folder, victim);
    await expect(inPlace(join(folder, "key"), put("text"), user)).rejects.toThrow("is a symbolic link in");
    expect(readFileSync(victim, "utf8")).toBe("as it was");
    expect(lstatSync(`${victim}-new`, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("is led nowhere by a user who swaps folders and files for links all the time", async () => {
    const folder = folderOf(NOBODY, 0o755);
    const root = rootOnlyDir();
    const victim = join(root, "key");
    writeFileSync(victim, "as it was");
    const swapping = `
      const { mkdirSync, renameSync, rmSync, symlinkSync } = require("node:fs");
      const [folder, victim] = process.argv.slice(1);
      process.chdir(folder);
      console.log("ready");
      for (;;) {
        for (const make of [() => mkdirSync("next"), () => symlinkSync(victim, "next")]) {
          try {
            make();
            rmSync("sub", { recursive: true, force: true });
            renameSync("next", "sub");
            symlinkSync(victim + "/key", "sub/key");
          } catch {}
        }
      }`;
    const child = spawn(process.execPath, ["-e", swapping, folder, root], {
      uid: NOBODY,
      gid: NOBODY,
      env: ENVIRONMENT,
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
    try {
      for (let round = 0; round < 1000; round += 1) {
        await inPlace(join(folder, "sub", "key"), put("text"), user).catch(() => undefined);
      }
    } finally {
      child.kill("SIGKILL");
    }
    expect(readFileSync(victim, "utf8")).toBe("as it was");
    expect(statSync(victim).uid).toBe(0);
    expect(readdirSync(root)).toEqual(["key"]);
  });
});

describe.skipIf(lacks("root, who writes", isRoot)).concurrent("set-key as root", () => {
  it("writes through no link that another user put where the key is", async () => {
    await using scene = await setScene();
    const { fresh, server, place, setKey } = scene;
    const folder = join(place.folder, "theirs");
    const victim = join(place.folder, "victim");
    mkdirSync(folder);
    writeFileSync(victim, "as it was", { mode: 0o600 });
    symlinkSync(victim, join(folder, "key"));
    chownSync(folder, OTHER, OTHER);
    place.write({ url: server.url, keyFile: join(folder, "key") });
    const { code, stderr, output } = await setKey(fresh);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `is a symbolic link in ${folder} (${ownerText({ uid: OTHER, gid: OTHER })}, mode 0755)`,
    );
    expect(readFileSync(victim, "utf8")).toBe("as it was");
    expect(output).not.toContain(fresh);
  });

  it("writes nothing into an agent.toml that everybody could replace", async () => {
    await using scene = await setScene();
    const { key, fresh, place, setKey, text } = scene;
    chmodSync(place.folder, 0o1777);
    const { code, stderr } = await setKey(fresh);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `others than root can write to ${place.folder} (${ownerText({ uid: 0, gid: 0 })}, mode 1777)`,
    );
    expect(text()).toContain(key);
  });

  it("--new-organization gives away no file that the memory was swapped for", async () => {
    await using scene = await setScene();
    const { fresh, place, setKey } = scene;
    const victim = join(place.folder, "victim");
    writeFileSync(victim, "as it was", { mode: 0o600 });
    symlinkSync(victim, join(place.dataDir, "state.json"));
    chownSync(place.dataDir, OTHER, OTHER);
    const { code, stderr } = await setKey(fresh, "--new-organization");
    expect(code).toBe(1);
    expect(stderr).toContain("cannot change the organization that the agent remembers: cannot write ");
    expect(statSync(victim).uid).toBe(0);
    expect(readFileSync(victim, "utf8")).toBe("as it was");
  });
});
