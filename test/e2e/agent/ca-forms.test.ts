import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { readCertificates } from "../../../src/agent/config/ca-source.ts";
import { AUTHORITY, certificateChain } from "../../support/certificate-chain.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

let pem: string;
let key: string;
beforeAll(async () => {
  const chain = await certificateChain([{ name: "Root", extensions: [AUTHORITY] }]);
  pem = chain.pems[0] ?? "";
  key = chain.key;
});

const openssl = (input: string | Uint8Array, ...args: readonly string[]) =>
  execFileSync("openssl", args, { input, stdio: "pipe" });
const der = () => openssl(pem, "x509", "-outform", "DER");
const inPem = (label: string) => pem.replaceAll("CERTIFICATE", label);
/** The same, about own.pem and own.key in `folder`. */
const inFolder = (folder: string, ...args: readonly string[]) => {
  writeFileSync(join(folder, "own.pem"), pem);
  writeFileSync(join(folder, "own.key"), key, { mode: 0o600 });
  return execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
};
const PKCS7 = ["crl2pkcs7", "-nocrl", "-certfile", "own.pem"];

const labelled = (label: string, bytes: Buffer) =>
  `-----BEGIN ${label}-----\n${bytes.toString("base64")}\n-----END ${label}-----\n`;
const encoded = () => Buffer.from(pem).toString("base64");

const readIn = (folder: string, content: string | Uint8Array) => {
  const path = join(folder, "it's ca.crt");
  writeFileSync(path, content);
  return readCertificates(readFileSync(path), path);
};

describe("a CA file in another form", () => {
  it.each<[string, (folder: string) => string | Uint8Array, string]>([
    ["DER", der, "is in binary form (DER)"],
    ["PKCS#7", (folder) => inFolder(folder, ...PKCS7), "is in PKCS#7 form"],
    [
      "binary PKCS#7",
      (folder) => inFolder(folder, ...PKCS7, "-outform", "DER"),
      "is in PKCS#7 form (binary)",
    ],
    [
      "trusted",
      () => openssl(pem, "x509", "-trustout", "-addtrust", "serverAuth"),
      "is in OpenSSL's form of a trusted certificate",
    ],
    ["X509 CERTIFICATE", () => inPem("X509 CERTIFICATE"), "is in an old form (BEGIN X509 CERTIFICATE)"],
    [
      "base64 alone",
      () => pem.replaceAll(/-----.*-----\n/gu, ""),
      "contains a certificate in base64 without its BEGIN and END lines",
    ],
    ["base64 in one line", () => der().toString("base64"), "contains a certificate in base64 without"],
    [
      "base64 of PEM",
      () => Buffer.from(pem).toString("base64"),
      "is PEM that was encoded in base64 once more",
    ],
    ["a Secret's manifest", () => `data:\n  ca.crt: ${encoded()}\n`, "in base64 within another text"],
    [
      "a kubeconfig, after whose CA other certificates come",
      () => `- certificate-authority-data: ${encoded()}\n- certificate-authority-data: ${encoded()}\n`,
      "in base64 within another text",
    ],
    [
      "PKCS#7 in base64",
      (folder) => inFolder(folder, ...PKCS7, "-outform", "DER").toString("base64"),
      "is in PKCS#7 form (binary), in base64",
    ],
    [
      "PKCS#7 in a block CERTIFICATE, as certutil -encode writes it",
      (folder) => labelled("CERTIFICATE", inFolder(folder, ...PKCS7, "-outform", "DER")),
      "a block CERTIFICATE (number 1 of 1) whose content is in PKCS#7 form",
    ],
  ])("%s: the command that it names converts it", async (_form, make, problem) => {
    await using directory = await temporaryDirectory();
    const ca = readIn(directory.path, make(directory.path));
    expect(ca).toMatchObject({ kind: "unusable", problem: expect.stringContaining(problem) });
    const remedy = ca.kind === "unusable" ? ca.remedy : "";
    const [, command = ""] = /this writes: (.*)$/u.exec(remedy) ?? [];
    execFileSync("sh", ["-c", command.replaceAll("sudo ", "")], { stdio: "pipe" });
    const converted = join(directory.path, "it's ca.crt.pem");
    expect(readCertificates(readFileSync(converted), converted)).toMatchObject({ kind: "certificates" });
  });

  it("PKCS#12 is not opened, and its command takes only certificates out", async () => {
    await using directory = await temporaryDirectory();
    const bag = inFolder(
      directory.path,
      "pkcs12",
      "-export",
      "-inkey",
      "own.key",
      "-in",
      "own.pem",
      "-passout",
      "pass:x",
    );
    const ca = readIn(directory.path, bag);
    expect(ca).toMatchObject({
      problem: "is in PKCS#12 form, which may contain a private key",
      remedy: expect.stringContaining("openssl pkcs12 -cacerts -nokeys -in"),
    });
  });

  it.each<[string, (folder: string) => string | Uint8Array, RegExp]>([
    [
      "a request",
      (folder) => inFolder(folder, "req", "-new", "-key", "own.key", "-subj", "/CN=x"),
      /is a request for a cert/u,
    ],
    ["a public key", () => openssl(key, "pkey", "-pubout"), /is a public key/u],
    ["a page", () => "<!doctype html>\n<title>Sign in</title>", /is an HTML page/u],
    ["an end that is cut off", () => pem.slice(0, 200), /whose end is cut off/u],
    ["a second certificate whose end is cut off", () => pem + pem.slice(0, 200), /whose end is cut off/u],
    ["gzip", () => gzipSync(pem), /is compressed with gzip/u],
    ["nothing", () => "\n", /is empty/u],
    ["another text", () => "AA:BB:CC:DD\n", /contains no PEM certificate/u],
    ["a key in DER", () => openssl(key, "pkey", "-outform", "DER"), /^contains a private key$/u],
    ["a key in base64", () => openssl(key, "pkey", "-outform", "DER").toString("base64"), /a private key/u],
    [
      "a key in a block CERTIFICATE",
      () => labelled("CERTIFICATE", openssl(key, "pkey", "-outform", "DER")),
      /^contains a private key$/u,
    ],
    [
      "a public key in DER",
      () => openssl(key, "pkey", "-pubout", "-outform", "DER"),
      /is a public key in bin/u,
    ],
    [
      "a request in DER",
      (folder) => inFolder(folder, "req", "-new", "-key", "own.key", "-subj", "/CN=x", "-outform", "DER"),
      /in binary form \(DER\), but not a certificate/u,
    ],
    ["DER that is cut off", () => der().subarray(0, 300), /\(DER\), and its end is cut off/u],
    ["a beginning that is cut off", () => pem.slice(40), /its line -----BEGIN CERTIFICATE----- is missing/u],
    ["another END", () => pem.replace("END CERT", "END TRUSTED CERT"), /its line -----END CERTIFICATE-----/u],
    ["dashes of a word processor", () => pem.replaceAll("-----", "–––––"), /is not exactly -----BEGIN/u],
    ["> of a mail", () => pem.replaceAll(/^/gmu, "> "), /has > in front of each line/u],
    ["a key of SSH", () => "cp.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\n", /public key of SSH/u],
    ["a path", () => "/etc/ssl/certs/corp.pem\n", /only a path or a URL/u],
    ["a description", () => openssl(pem, "x509", "-text", "-noout"), /describes a certificate/u],
    [
      "a complaint",
      () => "Error from server (NotFound): configmaps not found\n",
      /error message of kubectl/u,
    ],
    ["a list of revoked certificates", () => inPem("X509 CRL"), /is a list of revoked/u],
  ])("%s is named", async (_what, make, problem) => {
    await using directory = await temporaryDirectory();
    expect(readIn(directory.path, make(directory.path))).toMatchObject({
      kind: "unusable",
      problem: expect.stringMatching(problem),
      remedy: expect.stringMatching(/^[A-Z].*\.$/u),
    });
  });

  it.each<[string, () => string | Uint8Array]>([
    ["CRLF", () => pem.replaceAll("\n", "\r\n")],
    ["a byte-order mark", () => `\ufeff${pem}`],
    ["UTF-16", () => Buffer.from(`\ufeff${pem}`, "utf16le")],
    ["text in front, as openssl -text writes it", () => openssl(pem, "x509", "-text")],
    ["comments and names", () => `# Root\n${pem}\n# again\n${pem}`],
    ["two without a line end between them", () => pem.trim() + pem],
    ["YAML around it", () => `data:\n  ca.crt: |\n${pem.replaceAll(/^/gmu, "    ")}`],
    ["spaces for line ends", () => pem.replaceAll("\n", " ")],
    ["JSON's line ends", () => JSON.stringify({ ca: pem })],
    ["a request beside it", () => pem + inPem("CERTIFICATE REQUEST")],
  ])("is read as it is with %s", async (_what, make) => {
    await using directory = await temporaryDirectory();
    const ca = readIn(directory.path, make());
    const read = ca.kind === "certificates" ? ca.pem : "";
    // As OpenSSL needs it, which ignores what has another layout.
    expect(read.split(/(?<=END CERTIFICATE-----\n)/u).filter((each) => each !== pem)).toEqual([]);
    expect(read).toContain(pem);
  });
});
