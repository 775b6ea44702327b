import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { replaceContent } from "../../../../src/agent/cli/key/replace-content.ts";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { setOnlineScene, setScene } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { lacks } from "../../../support/requires.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** A tool of the host, also while the PATH of this process has none. */
function run(tool: string, ...words: readonly string[]): string {
  return execFileSync(tool, words, { encoding: "utf8", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
}

function has(tool: string): boolean {
  try {
    return run("sh", "-c", `command -v ${tool}`) !== "";
  } catch {
    return false;
  }
}

const isRoot = process.geteuid?.() === 0;
const hasAcls = isRoot && has("setfacl") && has("setfattr");

/** Everything that decides who may do what with a file. */
function access(path: string): string {
  const { uid, gid, mode } = statSync(path);
  const acl = hasAcls ? run("getfacl", "--numeric", "--absolute-names", path) : "";
  const attributes = hasAcls ? run("getfattr", "--dump", "--match=-", "--absolute-names", path) : "";
  return [uid, gid, mode.toString(8), acl, attributes].join("\n");
}

type Protect = (path: string) => void;

const setfacl =
  (...words: readonly string[]): Protect =>
  (path) =>
    void run("setfacl", ...words, path);

const PROTECTIONS: readonly (readonly [what: string, protect: Protect])[] = [
  ["an ACL for the user of the service", setfacl("-m", "u:65534:r")],
  ["an ACL for a group that may write", setfacl("-m", "g:12:rw")],
  [
    "an ACL for a user beside a mode for a group",
    (path) => {
      chmodSync(path, 0o640);
      setfacl("-m", "u:65534:r,g:12:-")(path);
    },
  ],
  ["an ACL whose mask takes away what it gives", setfacl("-m", "u:65534:rw,m::-")],
  [
    "extended attributes of a user",
    (path) => {
      run("setfattr", "-n", "user.owner", "-v", "team infra", path);
      run("setfattr", "-n", "user.long", "-v", "x".repeat(1000), path);
    },
  ],
  ["attributes that only root sees", (path) => void run("setfattr", "-n", "trusted.a", "-v", "b", path)],
  [
    "a plain mode in a folder with a default ACL",
    (path) => {
      chmodSync(path, 0o640);
      setfacl("-d", "-m", "u:65534:rw,g:12:rw")(join(path, ".."));
    },
  ],
  ["its mode in a folder with an ACL", (path) => setfacl("-m", "u:65534:rx")(join(path, ".."))],
];

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Replaces the content of a protected file, and checks that nothing else changed. */
async function expectKept(protect: Protect, isSameFile: boolean): Promise<void> {
  const folder = tempDir();
  const path = join(folder, "agent.toml");
  writeFileSync(path, "old", { mode: 0o600 });
  protect(path);
  const before = access(path);
  const { ino } = statSync(path);
  await replaceContent(path, {
    content: Buffer.from("new"),
    before: Buffer.from("old"),
    keepsOwner: true,
    beforeWrite: async () => {},
  });
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(access(path)).toBe(before);
  expect(statSync(path).ino === ino).toBe(isSameFile);
  expect(readdirSync(folder)).toEqual(["agent.toml"]);
}

describe.skipIf(lacks("root, setfacl and setfattr, to protect a file", hasAcls))(
  "a replaced file keeps",
  () => {
    it.each(PROTECTIONS)("%s", async (_what, protect) => {
      await expectKept(protect, false);
    });

    it.each(PROTECTIONS)("%s, without a cp(1) that can copy it", async (_what, protect) => {
      vi.stubEnv("PATH", tempDir());
      await expectKept(protect, true);
    });
  },
);

describe.skipIf(lacks("root, setfacl and setfattr, to protect a file", hasAcls))("set-key as root", () => {
  it.each([
    ["agent.toml, which an ACL lets the service read", ["-m", "u:65534:r"], false],
    ["agent.toml, which an ACL closes to a group", ["-m", "u:65534:r,g:12:-,m::r"], false],
    ["a key file, which an ACL lets the service read", ["-m", "u:65534:r"], true],
    ["a key file, which an ACL lets two groups write", ["-m", "g:12:rw,g:65534:rw"], true],
  ])("leaves the access to %s as it was", async (_what, acl, isKeyFile) => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey } = scene;
    const keyFile = join(place.folder, "key");
    if (isKeyFile) {
      writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
      place.write({ url: server.url, keyFile });
    }
    const path = isKeyFile ? keyFile : place.configPath;
    setfacl(...acl)(path);
    const before = access(path);
    const { code, stderr } = await setKey(fresh);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readFileSync(path, "utf8")).toContain(fresh);
    expect(access(path)).toBe(before);
  });
});

describe("a cp that is not GNU's", () => {
  it("is not believed, whatever it says about its success", async () => {
    const tools = tempDir();
    writeFileSync(join(tools, "cp"), "#!/bin/sh\necho 'cp (other) 0.1'\nexit 0\n", { mode: 0o755 });
    vi.stubEnv("PATH", tools);
    await expectKept((path) => chmodSync(path, 0o640), true);
  });
});

describe("a file that is overwritten", () => {
  it("never shows the running agent half a key", async () => {
    await using scene = await setOnlineScene();
    const { key, fresh, server, place } = scene;
    for (const secret of [fresh, key, fresh, key]) {
      const { code, stderr } = await command(["set-key", "-c", place.configPath], {
        input: secret,
        environment: { PATH: place.folder },
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
    const sent = new Set(server.requests.map((request) => request.keyFingerprint));
    expect([...sent].sort()).toEqual([key, fresh].map(keyFingerprint).sort());
    expect((await scene.agent.status()).state).toBe("online");
  });
});
