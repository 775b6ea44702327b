import { execFile } from "node:child_process";
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
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { onlineAgent, type Scene, setScene } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";
import { lacks } from "../../../support/requires.ts";

const isRoot = process.geteuid?.() === 0;

describe.concurrent("set-key keeps", () => {
  it("comments, order, line ends and the byte-order mark", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey } = scene;
    const before = `\ufeff# who\r\n[control_plane] # where\r\naccess_token = '${key}' # the key\r\nurl="${server.url}"\r\n\r\n[agent]\r\nruntime_dir = "${place.runtimeDir}"\r\ndata_dir = "${place.dataDir}"`;
    writeFileSync(place.configPath, before);
    expect((await setKey(fresh)).code).toBe(0);
    const after = readFileSync(place.configPath, "utf8");
    expect(after.replace(JSON.stringify(fresh), `'${key}'`)).toBe(before);
  });

  it("the encoding of a Windows editor", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey } = scene;
    const toml = `\ufeff${place.toml({ url: server.url, key })}`;
    writeFileSync(place.configPath, Buffer.from(toml, "utf16le"));
    expect((await setKey(fresh)).code).toBe(0);
    expect(readFileSync(place.configPath, "utf16le")).toBe(toml.replace(key, fresh));
  });

  it.skipIf(lacks("root, to give files away", isRoot))("owner, group and mode", async () => {
    await using scene = await setScene();
    const { fresh, place, setKey } = scene;
    chownSync(place.configPath, 12, 997);
    chmodSync(place.configPath, 0o640);
    expect((await setKey(fresh)).code).toBe(0);
    const { uid, gid, mode } = statSync(place.configPath);
    expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 12, gid: 997, mode: 0o640 });
  });

  it("a symbolic link, and writes what it leads to", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey } = scene;
    const real = join(place.folder, "real.toml");
    writeFileSync(real, place.toml({ url: server.url, key }), { mode: 0o600 });
    const link = join(place.folder, "link.toml");
    symlinkSync("real.toml", link);
    expect((await setKey(fresh, "-c", link)).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain(fresh);
  });

  it("no copy behind", async () => {
    await using scene = await setScene();
    const { fresh, place, setKey } = scene;
    const before = readdirSync(place.folder);
    await setKey(fresh);
    expect(readdirSync(place.folder)).toEqual(before);
  });
});

describe.concurrent("set-key with a key file", () => {
  it("writes that, and leaves agent.toml alone", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey, text } = scene;
    const keyFile = join(place.folder, "key");
    writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
    place.write({ url: server.url, keyFile });
    const before = text();
    await using _agent = await onlineAgent(place, key);
    const { code, stdout } = await setKey(fresh);
    expect(code).toBe(0);
    expect(stdout).toContain(`Written to ${keyFile}.`);
    expect(readFileSync(keyFile, "utf8")).toBe(`${fresh}\n`);
    expect(statSync(keyFile).mode & 0o7777).toBe(0o600);
    expect(text()).toBe(before);
  });

  it("makes one that is not there, for the agent's group", async () => {
    await using scene = await setScene();
    const { fresh, server, place, setKey } = scene;
    const keyFile = join(place.folder, "key");
    place.write({ url: server.url, keyFile });
    expect((await setKey(fresh)).code).toBe(0);
    expect(readFileSync(keyFile, "utf8")).toBe(`${fresh}\n`);
    expect(statSync(keyFile).mode & 0o7777).toBe(0o640);
  });

  it("sends whoever uses a systemd credential to its source", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place } = scene;
    const credentials = join(place.folder, "credentials");
    mkdirSync(credentials);
    writeFileSync(join(credentials, "key"), key);
    place.write({ url: server.url, keyFile: "key" });
    const { code, stderr } = await command(["set-key", "-c", place.configPath], {
      input: fresh,
      environment: { CREDENTIALS_DIRECTORY: credentials },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      isRoot
        ? /^novacula-agent: the key is the systemd credential key, and systemd does not say where it comes from, so set-key cannot write it\. Nothing was asked or written\n {4}Fix: /u
        : /^novacula-agent: only root can write the source of a systemd credential\n {4}Fix: sudo novacula-agent set-key/u,
    );
  });
});

const run = promisify(execFile);
const canMount =
  isRoot &&
  (await run("unshare", ["-m", "true"]).then(
    () => true,
    () => false,
  ));

/** Runs set-key where `mount`, a script, has mounted something on the folder `$1`. */
async function setKeyBehind(mount: string, { place, fresh }: Scene) {
  const setKey = '"$2" "$3" set-key -c "$1/agent.toml" < "$1/fresh"';
  const script = `${mount} && ${setKey} && cat "$1/agent.toml"`;
  const words = ["-m", "sh", "-c", script, "sh", place.folder, process.execPath, AGENT];
  writeFileSync(join(place.folder, "fresh"), fresh, { mode: 0o600 });
  return await run("unshare", words, { env: ENVIRONMENT });
}

const leftovers = ({ place }: Scene) =>
  readdirSync(place.folder).filter((name) => /\.(?:tmp|old)$/u.test(name));

describe.skipIf(lacks("root, to mount", canMount)).concurrent("set-key on a mount", () => {
  it.each([
    ["the file alone", 'mount --bind "$1/agent.toml" "$1/agent.toml"'],
    [
      "the file alone, of another folder, as docker -v does",
      'cp -p "$1/agent.toml" "$1/data/kept" && mount --bind "$1/data/kept" "$1/agent.toml"',
    ],
    ["the folder", 'mount --bind "$1" "$1"'],
  ])("writes the key: %s", async (_what, mount) => {
    await using scene = await setScene();
    const { stdout, stderr } = await setKeyBehind(mount, scene);
    expect(stderr).toBe("");
    // Behind the words of set-key: the file as the mount shows it.
    expect(stdout).toContain(`"${scene.fresh}"`);
    expect(leftovers(scene)).toEqual([]);
  });

  it.each([
    ["the folder is read-only", 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'],
    [
      "the file alone is read-only",
      'mount --bind "$1/agent.toml" "$1/agent.toml" && mount -o remount,bind,ro "$1/agent.toml"',
    ],
  ])("says so if %s", async (_what, mount) => {
    await using scene = await setScene();
    await expect(setKeyBehind(mount, scene)).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("so nothing was written: it is on a read-only file system"),
    });
    expect(scene.text()).toContain(scene.key);
    expect(leftovers(scene)).toEqual([]);
  });
});
