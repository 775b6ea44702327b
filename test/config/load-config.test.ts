import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { formatIssue } from "../../src/config/config-issue.ts";
import { configPath, type Loaded, loadConfig } from "../../src/config/load-config.ts";
import { revealKey } from "../../src/key/executor-key.ts";
import { testCertificates } from "../support/certificates.ts";
import { leaked, minimal, rareLetters, temporaryDirectory, writeConfig } from "./config-file.ts";

const L = rareLetters();
const K = `exc_${L}`;
const isRoot = process.geteuid?.() === 0;

function issuesOf(loaded: Loaded): readonly string[] {
  expect(leaked(L, `${JSON.stringify(loaded)} ${inspect(loaded, { depth: 10, showHidden: true })}`)).toEqual(
    [],
  );
  return loaded.verdict === "invalid" ? loaded.issues.map(formatIssue) : [`is ${loaded.verdict}`];
}

function findingsOf(loaded: Loaded): readonly string[] {
  expect(leaked(L, `${JSON.stringify(loaded)} ${inspect(loaded, { depth: 10, showHidden: true })}`)).toEqual(
    [],
  );
  if (loaded.verdict === "invalid") return issuesOf(loaded);
  return loaded.findings.map(({ problem, remedy }) => `the key ${problem}. ${remedy}`);
}

function keyOf(loaded: Loaded): string | undefined {
  return loaded.verdict === "usable" ? revealKey(loaded.key) : undefined;
}

describe("which file", () => {
  it("is the flag's, else the variable's, else the system's", () => {
    const environment = { NOVACULA_CONFIG: "/env.toml" };
    expect(configPath("/flag.toml", environment)).toBe("/flag.toml");
    expect(configPath(undefined, environment)).toBe("/env.toml");
    expect(configPath(undefined, {})).toBe("/etc/novacula/agent.toml");
    expect(configPath("", { NOVACULA_CONFIG: "" })).toBe("/etc/novacula/agent.toml");
    expect(configPath("agent.toml", {})).toBe(join(process.cwd(), "agent.toml"));
  });
});

describe("a usable configuration", () => {
  it("has its defaults, its key and where that came from", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`));
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({ verdict: "usable", path, files: [path], caPem: undefined, findings: [] });
    expect(loaded).toMatchObject({ keySource: "agent.toml line 3", config: { agent: { name: hostname() } } });
    expect(keyOf(loaded)).toBe(K);
    expect(issuesOf(loaded)).toEqual(["is usable"]);
  });

  it.each([
    ["CRLF", (text: string) => Buffer.from(text.replaceAll("\n", "\r\n"))],
    ["a byte-order mark", (text: string) => Buffer.from(`\ufeff${text}`)],
    ["both", (text: string) => Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`)],
    ["UTF-16LE, as PowerShell writes it", (text: string) => Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16BE", (text: string) => Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
  ])("is read as meant with %s", async (_name, encode) => {
    await using directory = await temporaryDirectory();
    const text = minimal("# a comment", `access_token = "${K}"`, "[agent]", 'name = "gr\u00fcn"');
    const loaded = await loadConfig(await writeConfig(directory.path, encode(text)), {});
    expect(keyOf(loaded)).toBe(K);
    expect(loaded).toMatchObject({
      config: { agent: { name: "gr\u00fcn" } },
      keySource: "agent.toml line 4",
    });
  });

  it("says white space around the key with its place, and uses the key", async () => {
    await using directory = await temporaryDirectory();
    const loaded = await loadConfig(await writeConfig(directory.path, minimal(`access_token = " ${K}"`)), {});
    expect(keyOf(loaded)).toBe(K);
    expect(findingsOf(loaded)).toEqual([
      "the key starts with a space (line 3, column 17). Delete it; the key is used without it until then.",
    ]);
  });
});

describe("a key that cannot be used", () => {
  it("is missing from a fresh installation", async () => {
    await using directory = await temporaryDirectory();
    const loaded = await loadConfig(await writeConfig(directory.path, minimal()), {});
    expect(loaded).toMatchObject({
      verdict: "key-unusable",
      keySource: "agent.toml",
      findings: [{ code: "missing" }],
    });
  });

  it("is named with its place in agent.toml", async () => {
    await using directory = await temporaryDirectory();
    const damaged = `${K.slice(0, 41)}\u00a0${K.slice(41)}`;
    const loaded = await loadConfig(
      await writeConfig(directory.path, minimal(`access_token = "${damaged}"`)),
      {},
    );
    expect(loaded).toMatchObject({ verdict: "key-unusable", keySource: "agent.toml line 3" });
    expect(findingsOf(loaded)[0]).toMatch(
      /^the key has U\+00A0 NO-BREAK SPACE after character 41 \(line 3, column 58\)\./u,
    );
  });
});

describe("a key file", () => {
  async function withKeyFile(content: string | Uint8Array | undefined, mode = 0o640) {
    const directory = await temporaryDirectory();
    const keyFile = join(directory.path, "key");
    if (content !== undefined) await writeFile(keyFile, content, { mode });
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

  it("that is no text is named with its place", async () => {
    const { directory, path } = await withKeyFile(Buffer.from([0x65, 0x78, 0x63, 0x5f, 0x93, 0x0a]));
    await using _ = directory;
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({ findings: [{ code: "key-file-not-text", line: 1, column: 5 }] });
    expect(findingsOf(loaded)[0]).toContain(
      "is not UTF-8: byte 0x93, a curly quote in Windows-1252, stands here (line 1, column 5)",
    );
  });

  it("may be a systemd credential, named without a slash, whose mode is systemd's affair", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal('access_token_file = "novacula-key"'));
    await writeFile(join(directory.path, "novacula-key"), K, { mode: 0o444 });
    const loaded = await loadConfig(path, { CREDENTIALS_DIRECTORY: directory.path });
    expect(loaded).toMatchObject({ keySource: join(directory.path, "novacula-key"), findings: [] });
    expect(keyOf(loaded)).toBe(K);
    expect(issuesOf(await loadConfig(path, {}))).toEqual([
      `${path}:3:1: control_plane.access_token_file: names a systemd credential, but $CREDENTIALS_DIRECTORY is not set. Start the agent by a unit with LoadCredential=novacula-key:/its/path, or write an absolute path.`,
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
      /^the key is in a file that every user of this host can read \(.*, mode 0644\)\. Close it: chmod 0\d\d0 /u,
    );
    execFileSync("sh", ["-c", finding?.split("Close it: ")[1] ?? "false"]);
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

describe("a file that cannot be read", () => {
  it.each([
    ["does not exist", async () => {}, "does not exist. Create it, or name another file."],
    [
      "is a directory",
      (path: string) => mkdir(path),
      "is a directory, not a regular file. Name a regular file.",
    ],
    [
      "is a FIFO without a writer",
      async (path: string) => void execFileSync("mkfifo", [path]),
      "is a named pipe, not a regular file. Name a regular file.",
    ],
    [
      "is a device",
      (path: string) => symlink("/dev/null", path),
      "is a device, not a regular file. Name a regular file.",
    ],
    [
      "is a dangling link",
      (path: string) => symlink("nowhere", path),
      "is a symbolic link to a file that does not exist. Create the file that it leads to, or mend the link.",
    ],
    [
      "is a link to itself",
      (path: string) => symlink(path, path),
      "is a symbolic link that leads back to itself. Mend the link.",
    ],
    [
      "is larger than a mebibyte",
      (path: string) => writeFile(path, "#".repeat(1024 * 1024 + 1)),
      "is larger than 1 MiB, as no configuration, key or certificate is. Check that this is the file that was meant.",
    ],
    [
      "is not UTF-8",
      (path: string) =>
        writeFile(path, Buffer.concat([Buffer.from("# a\nname\u00fc = "), Buffer.from([0xa0, 0x0a])])),
      /:2:9: is not UTF-8: byte 0xA0, a no-break space in Latin-1, stands here\. Replace that character, or save the file as UTF-8\.$/u,
    ],
    [
      "is UTF-16 without a mark",
      (path: string) => writeFile(path, Buffer.from("[agent]\n", "utf16le")),
      "holds NUL bytes, as no text file does. Save it as UTF-8: it may be UTF-16 without a byte-order mark.",
    ],
  ])("because it %s", async (_why, make, sentence) => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "agent.toml");
    await make(path);
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({ verdict: "invalid", config: undefined, files: [path] });
    const [issue] = issuesOf(loaded);
    if (typeof sentence === "string") expect(issue).toBe(`${path}: ${sentence}`);
    else expect(issue).toMatch(sentence);
  });

  it("because a part of its path is a file", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal());
    expect(issuesOf(await loadConfig(`${path}/agent.toml`, {}))[0]).toContain(
      "a part of its path is not a directory",
    );
  });

  it.runIf(isRoot)("because of its mode: who reads, and the command that lets them", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`), 0o600);
    execFileSync("chmod", ["755", directory.path]);
    const asNobody = async () => {
      process.setegid?.(65534);
      process.seteuid?.(65534);
      try {
        return await loadConfig(path, {});
      } finally {
        process.seteuid?.(0);
        process.setegid?.(0);
      }
    };
    const [issue = ""] = issuesOf(await asNobody());
    expect(issue).toMatch(
      /: may not be read by .*\(?uid 65534\)?\. It is mode 0600, owner 0, group 0: chown root:\w+ .* && chmod 0640 /u,
    );
    execFileSync("sh", ["-c", issue.split("group 0: ")[1] ?? "false"]);
    expect(keyOf(await asNobody())).toBe(K);
    execFileSync("chmod", ["700", directory.path]);
    const [closed = ""] = issuesOf(await asNobody());
    expect(closed).toMatch(/Let its group pass: chgrp \w+ \S+ && chmod g\+x \S+\.?$/u);
    execFileSync("sh", ["-c", closed.split("pass: ")[1] ?? "false"]);
    expect(keyOf(await asNobody())).toBe(K);
  });
});

describe("a CA file", () => {
  async function withCa(content: string | undefined) {
    await using directory = await temporaryDirectory();
    const ca = join(directory.path, "ca.pem");
    if (content !== undefined) await writeFile(ca, content);
    const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`, `ca_file = "${ca}"`));
    const loaded = await loadConfig(path, {});
    return { loaded, said: issuesOf(loaded).map((line) => line.replaceAll(directory.path, "")) };
  }

  it.each([
    [undefined, "does not exist"],
    ["", "holds no PEM certificate"],
    [
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "holds a certificate that cannot be parsed (number 1 of 1)",
    ],
    [`-----BEGIN PRIVATE KEY-----\n${L}\n-----END PRIVATE KEY-----\n`, "holds a private key"],
  ])("that cannot be used is an issue at its line: %#", async (content, problem) => {
    const { said } = await withCa(content);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`/agent.toml:4:1: control_plane.ca_file: leads to /ca.pem, which ${problem}. `);
  });
});

it("takes a CA file with several certificates, and watches it", async () => {
  await using directory = await temporaryDirectory();
  const ca = join(directory.path, "ca.pem");
  const { caPem, selfSigned } = await testCertificates();
  const bundle = `# two of them\n${caPem}\n${selfSigned.cert}`;
  await writeFile(ca, bundle);
  const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`, `ca_file = "${ca}"`));
  expect(await loadConfig(path, {})).toMatchObject({ verdict: "usable", caPem: bundle, files: [path, ca] });
});

describe("the digest", () => {
  it("changes with the content of any file and with its readability, and with nothing else", async () => {
    await using directory = await temporaryDirectory();
    const keyFile = join(directory.path, "key");
    const path = await writeConfig(directory.path, minimal(`access_token_file = "${keyFile}"`));
    const digest = async () => (await loadConfig(path, {})).digest;
    const absent = await digest();
    await writeFile(keyFile, K, { mode: 0o600 });
    const present = await digest();
    expect(present).not.toBe(absent);
    expect(await digest()).toBe(present);
    const before = await stat(keyFile);
    await writeFile(`${keyFile}.new`, K, { mode: 0o600 });
    await rename(`${keyFile}.new`, keyFile);
    expect((await stat(keyFile)).ino).not.toBe(before.ino);
    expect(await digest()).toBe(present);
    await writeFile(keyFile, `${K}\n`);
    expect(await digest()).not.toBe(present);
    await rm(keyFile);
    expect(await digest()).toBe(absent);
    await mkdir(keyFile);
    expect(await digest()).not.toBe(absent);
  });

  it("does not let anybody try out passwords", async () => {
    await using directory = await temporaryDirectory();
    const path = await writeConfig(directory.path, minimal('access_token = "hunter2"'));
    const script = `import { loadConfig } from "./src/config/load-config.ts"; console.log((await loadConfig(${JSON.stringify(path)}, {})).digest);`;
    const elsewhere = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    expect(elsewhere).toMatch(/^[0-9a-f]{64}\n$/u);
    expect(elsewhere.trim()).not.toBe((await loadConfig(path, {})).digest);
  });
});
