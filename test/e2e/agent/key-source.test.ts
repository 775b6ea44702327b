import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig, ownFiles } from "../../../src/agent/config/load-config.ts";
import { minimal, rareLetters, temporaryDirectory, writeConfig } from "../../support/agent/config-file.ts";
import { findingsOf, issuesOf, keyOf } from "../../support/agent/loaded-config.ts";

const K = `exc_${rareLetters()}`;

describe("a key file", () => {
  async function withKeyFile(content: string | Uint8Array | undefined, mode = 0o640) {
    const directory = await temporaryDirectory();
    const keyFile = join(directory.path, "key");
    if (content !== undefined) {
      await writeFile(keyFile, content, { mode });
    }
    const path = await writeConfig(directory.path, minimal(`access_token_file = "${keyFile}"`), 0o644);
    return { directory, keyFile, path };
  }

  it("gives the key, and is watched", async () => {
    const { directory, keyFile, path } = await withKeyFile(`${K}\n`);
    await using _ = directory;
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({ keySource: keyFile, files: [path, keyFile], findings: [] });
    expect(loaded).toMatchObject({ config: { controlPlane: { accessTokenFile: keyFile } } });
    expect(keyOf(loaded)).toBe(K);
  });

  it("may come from PowerShell", async () => {
    const { directory, path } = await withKeyFile(Buffer.from(`\ufeff${K}\r\n`, "utf16le"));
    await using _ = directory;
    expect(keyOf(await loadConfig(path, {}))).toBe(K);
  });

  it("that is not there leaves a valid configuration that waits for it", async () => {
    const { directory, keyFile, path } = await withKeyFile(undefined);
    await using _ = directory;
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({ verdict: "key-unusable", files: [path, keyFile], keySource: keyFile });
    expect(findingsOf(loaded)).toEqual([
      `the key is not available: ${keyFile} does not exist. Create it, or name another file.`,
    ]);
  });

  it.each([
    ["wrapped", `${K.slice(0, 40)}\n${K.slice(40)}\n`],
    ["wrapped and indented by Windows", `${K.slice(0, 20)}\r\n  ${K.slice(20, 40)}\r\n\t${K.slice(40)}\r\n`],
    ["in groups", `  ${K.slice(0, 30)} ${K.slice(30, 50)} ${K.slice(50)}`],
  ])("that is %s has the command that joins it, which shows no key", async (_how, content) => {
    const { directory, keyFile, path } = await withKeyFile(content);
    await using _ = directory;
    const said = findingsOf(await loadConfig(path, {}));
    const [, command = ""] =
      /To take out all white space, run \(set-key tries .*\): ((?:sudo )?cat \S+ \| tr -d '\[:space:\]' \|) (?:sudo )?novacula-agent set-key$/u.exec(
        said[0] ?? "",
      ) ?? [];
    const joined = execFileSync("sh", ["-c", `${command.replace(/^sudo /u, "")} cat`], { encoding: "utf8" });
    expect(joined).toBe(K);
    expect(command).toContain(keyFile);
    expect(said.filter((each) => each.includes("tr -d"))).toHaveLength(1);
  });

  it.each([
    ["cut and wrapped in quotes", `"${K.slice(0, 40)}\n${K.slice(40)}"`],
    ["a no-break space", `${K.slice(0, 40)}\u00a0${K.slice(40)}`],
    ["a look-alike and a line break", `${K.slice(0, 20)}\n\u0430${K.slice(21)}`],
    ["two keys", `${K}\n${K}\n`],
    ["a key and a note", `${K}\nof agent-1\n`],
  ])("with %s has no command that would make it another text", async (_what, content) => {
    const { directory, path } = await withKeyFile(content);
    await using _ = directory;
    const said = findingsOf(await loadConfig(path, {}));
    expect(said).not.toEqual([]);
    expect(said.join()).not.toContain("tr -d");
  });

  it("that is no text is named with its place", async () => {
    const { directory, path } = await withKeyFile(Buffer.from([0x65, 0x78, 0x63, 0x5f, 0x93, 0x0a]));
    await using _ = directory;
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({ findings: [{ code: "key-file-not-text", line: 1, column: 5 }] });
    expect(findingsOf(loaded)[0]).toContain(
      "is not UTF-8: byte 0x93, a curly quote in Windows-1252, is not allowed here (line 1, column 5)",
    );
  });

  it("may be a systemd credential, named without a slash, whose mode is systemd's affair", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal('access_token_file = "novacula-key"'));
    await writeFile(join(directory.path, "novacula-key"), K, { mode: 0o444 });
    const loaded = await loadConfig(path, { CREDENTIALS_DIRECTORY: directory.path });
    expect(loaded).toMatchObject({ keySource: "systemd credential novacula-key", findings: [] });
    expect(keyOf(loaded)).toBe(K);
    expect(issuesOf(await loadConfig(path, {}))).toEqual([
      `${path}:3:1: control_plane.access_token_file: names a systemd credential, which systemd has not given to this process. Start the agent from a unit with LoadCredential=novacula-key:/its/path, or write an absolute path.`,
    ]);
  });
});

describe("a credential of the service", () => {
  it.each(["novacula-key", "/run/credentials/novacula-agent.service/novacula-key"])(
    "written as %s is read by a command from its source, which only root has to read",
    async (written) => {
      await using directory = await temporaryDirectory();
      const source = join(directory.path, "source");
      const path = await writeConfig(directory.path, minimal(`access_token_file = "${written}"`));
      await writeFile(source, K, { mode: 0o644 });
      const asked: string[] = [];
      const loaded = await loadConfig(path, {}, undefined, {
        kind: "known",
        uid: 998,
        group: { name: "novacula", gid: 998 },
        credentialFile: async (name) => {
          asked.push(name);
          return source;
        },
      });
      expect(asked).toEqual(["novacula-key"]);
      expect(loaded).toMatchObject({
        keySource: `${source} (systemd credential novacula-key)`,
        config: { controlPlane: { credential: "novacula-key", accessTokenFile: source } },
      });
      expect(findingsOf(loaded)).toEqual([
        expect.stringMatching(/can read \(.* mode 0644\)\. Fix: chmod 0600 \S+$/u),
      ]);
      expect(ownFiles(loaded)).toEqual([path]);
    },
  );

  it("that the service did not get is named with the setting that gives it", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal('access_token_file = "novacula-key"'));
    const loaded = await loadConfig(path, { CREDENTIALS_DIRECTORY: directory.path });
    expect(loaded).toMatchObject({ verdict: "key-unusable", keySource: "systemd credential novacula-key" });
    expect(findingsOf(loaded)[0]).toMatch(
      /does not exist\. systemd puts it there when the service starts\. .* LoadCredential=novacula-key:.*systemctl edit novacula-agent && (sudo )?novacula-agent restart$/u,
    );
  });
});

describe("a credential that is no key", () => {
  const RESTART = /so a restart has to follow; set-key names the source.*novacula-agent set-key$/u;

  it.each([
    ["other text", "nonsense\n"],
    ["a key that is cut off", `${K.slice(0, 20)} ${K.slice(20, 40)}\n`],
    ["nothing", ""],
    ["UTF-16", Buffer.from(K, "utf16le")],
  ])("(%s) asks for a restart, once", async (_name, content) => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal('access_token_file = "novacula-key"'));
    await writeFile(join(directory.path, "novacula-key"), content);
    const loaded = await loadConfig(path, { CREDENTIALS_DIRECTORY: directory.path });
    expect(loaded.verdict).toBe("key-unusable");
    expect(findingsOf(loaded).filter((finding) => RESTART.test(finding))).toHaveLength(1);
  });

  it("because its source is missing names the command that writes it", async () => {
    await using directory = await temporaryDirectory();
    const source = join(directory.path, "source");
    const path = await writeConfig(directory.path, minimal('access_token_file = "novacula-key"'));
    const loaded = await loadConfig(path, {}, undefined, {
      kind: "known",
      uid: 998,
      group: { name: "novacula", gid: 998 },
      credentialFile: async () => source,
    });
    expect(findingsOf(loaded)).toEqual([
      expect.stringMatching(
        /source does not exist\. .*To write a key there, run: .*novacula-agent set-key --restart$/u,
      ),
    ]);
  });
});

describe("who else can get at the key", () => {
  it.each([
    [0o600, []],
    [0o640, []],
    [0o440, []],
    [0o644, ["file-readable-by-others"]],
    [0o660, ["file-writable-by-others"]],
    [0o666, ["file-readable-by-others", "file-writable-by-others"]],
  ])("is told of mode %o", async (mode, codes) => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`), 0o600);
    execFileSync("chmod", [mode.toString(8), path]);
    const loaded = await loadConfig(path, {});
    expect(loaded.verdict).toBe("usable");
    expect(loaded.verdict === "usable" && loaded.findings.map(({ code }) => code)).toEqual(codes);
  });

  it("comes with a command that closes the file and leaves the agent in", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`), 0o644);
    const [finding] = findingsOf(await loadConfig(path, {}));
    expect(finding).toMatch(
      /^the key is in a file that every user of this host can read \(.*, mode 0644\)\. Fix: chmod 0\d\d0 /u,
    );
    execFileSync("sh", ["-c", finding?.split("Fix: ")[1] ?? "false"]);
    expect(findingsOf(await loadConfig(path, {}))).toEqual([]);
  });

  it("is not told of an agent.toml without a key in it", async () => {
    await using directory = await temporaryDirectory();
    const loaded = await loadConfig(await writeConfig(directory.path, minimal(), 0o644), {});
    expect(loaded).toMatchObject({ findings: [{ code: "missing" }] });
  });

  it("is told what a Kubernetes volume wants, where chmod would fail", async () => {
    await using directory = await temporaryDirectory();
    await mkdir(join(directory.path, "..2026_01_01_00_00_00.1"));
    await writeFile(join(directory.path, "..2026_01_01_00_00_00.1", "key"), K, { mode: 0o644 });
    await symlink("..2026_01_01_00_00_00.1", join(directory.path, "..data"));
    await symlink("..data/key", join(directory.path, "key"));
    const path = await writeConfig(directory.path, minimal(`access_token_file = "${directory.path}/key"`));
    expect(findingsOf(await loadConfig(path, {}))[0]).toContain(
      "Set defaultMode: 0440 on the Secret's volume",
    );
  });
});
