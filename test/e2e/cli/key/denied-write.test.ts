import { execFile, execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { denialOf } from "../../../../src/agent/cli/host/denied-write.ts";
import { userOf } from "../../../../src/agent/cli/host/user/identity.ts";
import { inPlace } from "../../../../src/agent/cli/host/write-place.ts";
import { writeFileAtomically } from "../../../../src/lib/files/atomic-file.ts";
import { type Scene, setScene } from "../../../support/agent/cli-scene.ts";
import { NOBODY } from "../../../support/agent/command.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";
import { lacks } from "../../../support/requires.ts";
import { rootOnlyDir } from "../../../support/temp-dir.ts";

const run = promisify(execFile);
const isRoot = process.geteuid?.() === 0;

/** Whether this file system has file flags. */
const hasFlags =
  isRoot &&
  (await run("lsattr", ["-d", "/srv"]).then(
    () => true,
    () => false,
  ));

async function locked<T>(flag: string, path: string, work: () => Promise<T>): Promise<T> {
  execFileSync("chattr", [`+${flag}`, path]);
  try {
    return await work();
  } finally {
    execFileSync("chattr", [`-${flag}`, path]);
  }
}

describe.skipIf(lacks("root, and a file system with flags", hasFlags))("chattr", () => {
  it.each([
    ["i", "key", "it is immutable (chattr +i), for root too"],
    ["a", "key", "it is append-only (chattr +a), for root too"],
    ["i", ".", "its folder FOLDER is immutable (chattr +i), for root too"],
    ["a", ".", "its folder FOLDER is append-only (chattr +a), for root too"],
  ])("+%s on %s is named, with the command that removes it", async (flag, name, why) => {
    const folder = rootOnlyDir();
    const path = join(folder, "key");
    writeFileSync(path, "old");
    const target = join(folder, name);
    const denial = await locked(flag, target, () => denialOf(path));
    expect(denial).toEqual({ why: why.replace("FOLDER", folder), fix: `chattr -${flag} ${target}` });
  });

  it("on agent.toml: set-key as root names it, and writes nothing", async () => {
    await using scene = await setScene();
    const { key, fresh, place, setKey, text } = scene;
    const names = readdirSync(place.folder);
    const { code, stderr } = await locked("i", place.configPath, () => setKey(fresh));
    expect(code).toBe(1);
    expect(stderr).toContain(
      `: it is immutable (chattr +i), for root too.\n    Fix: chattr -i ${place.configPath}\n`,
    );
    expect(text()).toContain(key);
    expect(readdirSync(place.folder)).toEqual(names);
  });

  it("+a on the folder: what cannot be removed again is empty", async () => {
    const folder = rootOnlyDir();
    writeFileSync(join(folder, "key"), "old");
    const write = () => writeFileAtomically(join(folder, "key"), "new", { mode: 0o600 });
    await expect(locked("a", folder, write)).rejects.toMatchObject({ code: "EPERM" });
    expect(
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), "utf8"))
        .sort(),
    ).toEqual(["", "old"]);
  });
});

describe.skipIf(lacks("root, and a file system with flags", hasFlags))(
  "chattr in the service's folder",
  () => {
    it("is named instead of an owner", async () => {
      const root = rootOnlyDir();
      chmodSync(root, 0o755);
      const folder = join(root, "keys");
      mkdirSync(folder);
      chownSync(folder, NOBODY, NOBODY);
      const path = join(folder, "key");
      writeFileSync(path, "old");
      chownSync(path, NOBODY, NOBODY);
      const refusal = locked("i", path, () =>
        inPlace(
          path,
          (place) => writeFileAtomically(place.path, "new", { mode: 0o600 }),
          userOf(NOBODY, NOBODY),
        ),
      );
      await expect(refusal).rejects.toThrow(
        `it is immutable (chattr +i), for root too.\nFix: chattr -i ${path}`,
      );
      expect(readdirSync(folder)).toEqual(["key"]);
    });
  },
);

/** Runs set-key in a shell that `words` prepare; rejects with its output. */
async function setKeyAs(scene: Scene, words: readonly string[]): Promise<unknown> {
  writeFileSync(join(scene.place.folder, "fresh"), scene.fresh, { mode: 0o644 });
  const script = 'exec "$1" "$2" set-key -c "$3/agent.toml" < "$3/fresh"';
  const [tool = "", ...options] = words;
  const all = [...options, "sh", "-c", script, "sh", process.execPath, AGENT, scene.place.folder];
  return await run(tool, all, { env: ENVIRONMENT }).catch((error: unknown) => error);
}

const canUnshare =
  isRoot &&
  (await run("unshare", ["--user", "--map-root-user", "true"]).then(
    () => true,
    () => false,
  ));

describe.skipIf(lacks("root, and namespaces of users", canUnshare))("a root with less", () => {
  it("in a user namespace is sent to the host", async () => {
    await using scene = await setScene();
    const { place } = scene;
    chownSync(place.folder, NOBODY, NOBODY);
    chmodSync(place.folder, 0o755);
    chownSync(place.configPath, NOBODY, NOBODY);
    chmodSync(place.configPath, 0o644);
    const failed = await setKeyAs(scene, ["unshare", "--user", "--map-root-user"]);
    expect(failed).toMatchObject({ code: 1 });
    expect(String(failed)).toMatch(/container|others than root/u);
  });

  it("without capabilities is told so, and not to use sudo", async () => {
    await using scene = await setScene();
    const { place } = scene;
    chmodSync(place.folder, 0o555);
    const failed = await setKeyAs(scene, ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]);
    chmodSync(place.folder, 0o755);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "this root has no CAP_DAC_OVERRIDE, so modes and owners hold for it.\n    Fix: ",
      ),
    });
    expect(scene.text()).toContain(scene.key);
  });
});
