import { execFileSync } from "node:child_process";
import { chmod, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configPath, loadConfig } from "../../../src/agent/config/load-config.ts";
import { minimal, rareLetters, temporaryDirectory, writeConfig } from "../../support/agent/config-file.ts";
import { findingsOf, issuesOf, keyOf } from "../../support/agent/loaded-config.ts";
import { testCertificates } from "../../support/certificates.ts";

const L = rareLetters();
const K = `exc_${L}`;

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
      "the key starts with a space (column 17). Delete it. The key is used without it.",
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
      /^the key has U\+00A0 NO-BREAK SPACE after character 41 \(column 58\)\./u,
    );
  });
});

describe("a CA file", () => {
  async function withCa(content: string | undefined) {
    await using directory = await temporaryDirectory();
    const ca = join(directory.path, "ca.pem");
    if (content !== undefined) {
      await writeFile(ca, content);
    }
    const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`, `ca_file = "${ca}"`));
    const loaded = await loadConfig(path, {});
    return { loaded, said: issuesOf(loaded).map((line) => line.replaceAll(directory.path, "")) };
  }

  it.each([
    [undefined, "does not exist"],
    ["", "is empty"],
    ["ca", "contains no PEM certificate"],
    [
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "contains a certificate that cannot be parsed (number 1 of 1)",
    ],
    [`-----BEGIN PRIVATE KEY-----\n${L}\n-----END PRIVATE KEY-----\n`, "contains a private key"],
  ])("that cannot be used is an issue at its line: %#", async (content, problem) => {
    const { said } = await withCa(content);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`/agent.toml:4:1: control_plane.ca_file: names /ca.pem, which ${problem}. `);
  });
});

it("takes a CA file with several certificates, and watches it", async () => {
  await using directory = await temporaryDirectory();
  const ca = join(directory.path, "ca.pem");
  const { caPem, selfSigned } = await testCertificates();
  await writeFile(ca, `# two of them\n${caPem}\n${selfSigned.cert}`);
  const path = await writeConfig(directory.path, minimal(`access_token = "${K}"`, `ca_file = "${ca}"`));
  const bundle = caPem + selfSigned.cert;
  expect(await loadConfig(path, {})).toMatchObject({ verdict: "usable", caPem: bundle, files: [path, ca] });
});

describe("the digest", () => {
  it("changes with who may read or change a file while its key is used, and not while there is none", async () => {
    await using directory = await temporaryDirectory();
    const keyFile = join(directory.path, "key");
    const path = await writeConfig(directory.path, minimal(`access_token_file = "${keyFile}"`));
    await writeFile(keyFile, K, { mode: 0o600 });
    const closed = await loadConfig(path, {});
    await chmod(keyFile, 0o644);
    const open = await loadConfig(path, {}, closed);
    expect(findingsOf(closed)).toEqual([]);
    expect(findingsOf(open)).toEqual([expect.stringContaining("every user of this host can read")]);
    expect(open.digest).not.toBe(closed.digest);
    expect(await loadConfig(path, {}, open)).toBe(open);
    await chmod(keyFile, 0o600);
    expect((await loadConfig(path, {}, open)).digest).toBe(closed.digest);
    await writeFile(keyFile, "exc_...");
    const unusable = await loadConfig(path, {});
    await chmod(keyFile, 0o644);
    expect(await loadConfig(path, {}, unusable)).toBe(unusable);
  });

  it("changes with the content of any file and with its readability, and not with its inode", async () => {
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
    const script = `import { loadConfig } from "./src/agent/config/load-config.ts"; console.log((await loadConfig(${JSON.stringify(path)}, {})).digest);`;
    const elsewhere = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    expect(elsewhere).toMatch(/^[0-9a-f]{64}\n$/u);
    expect(elsewhere.trim()).not.toBe((await loadConfig(path, {})).digest);
  });
});
