import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { errorChain, errorCode, OperatorError } from "../../lib/errors.ts";
import { readProblem } from "../../lib/files/access-problem.ts";
import { printable } from "../../lib/printable.ts";
import { inPlace, shellWord } from "../../lib/shell-word.ts";

export interface TlsPaths {
  readonly certPath: string;
  readonly keyPath: string;
}

/** A certificate with its chain, and the key that belongs to it, as PEM texts. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  /** The end of the certificate's validity, epoch ms. */
  readonly validTo: number;
}

/** The pair cannot be used. The message says which file and why, and what to do. */
export class TlsProblem extends OperatorError {
  override readonly name = "TlsProblem";
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Reads both files. Throws a TlsProblem if they are no pair that can be served. */
export function readTlsPair({ certPath, keyPath }: TlsPaths): TlsPair {
  const cert = readText("TLS_CERT", certPath);
  const key = readText("TLS_KEY", keyPath);
  requireKinds({ certPath, keyPath }, cert, key);
  const certificate = parsed(
    `TLS_CERT ${shown(certPath)} cannot be read as a certificate`,
    () => new X509Certificate(cert),
  );
  const privateKey = parsed(`TLS_KEY ${shown(keyPath)} cannot be read as a private key`, () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TlsProblem(
      `TLS_KEY ${shown(keyPath)} is not the key of the first certificate in TLS_CERT ${shown(certPath)} ` +
        `(${printable(certificate.subject)}). Fix: use two files that were made together. In TLS_CERT the server's own ` +
        "certificate comes first, and the chain after it",
    );
  }
  parsed(`TLS_CERT ${shown(certPath)} and TLS_KEY ${shown(keyPath)} cannot be used`, () =>
    createSecureContext({ cert, key }),
  );
  return { cert, key, validTo: certificate.validToDate.getTime() };
}

/** Changes whenever one of the files is written or replaced, or a link leads elsewhere. */
export function identityOf({ certPath, keyPath }: TlsPaths): string {
  return [certPath, keyPath].map(fileIdentity).join("\n");
}

function fileIdentity(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [realpathSync(path), dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return errorCode(error) ?? "unreadable";
  }
}

function readText(variable: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TlsProblem(`cannot read ${variable} ${shown(path)}: ${whyUnreadable(path, error)}`);
  }
}

function whyUnreadable(path: string, error: unknown): string {
  const refused = readProblem(path);
  if (refused !== undefined) {
    return `${refused.problem}. Fix: ${refused.fix}`;
  }
  switch (errorCode(error)) {
    case "ENOENT":
      return inPlace({
        host: "it does not exist. Fix: correct the path. A service does not see files below /home, /root and /tmp",
        pod: "it does not exist. Fix: correct the path, or mount the volume that has it",
      });
    case "EISDIR":
      return "it is a folder. Fix: name the file in it";
    default:
      return errorChain(error);
  }
}

/** The mistakes for which OpenSSL has no sentence. */
function requireKinds({ certPath, keyPath }: TlsPaths, cert: string, key: string): void {
  if (!CERTIFICATE.test(cert) && !PRIVATE_KEY.test(key) && PRIVATE_KEY.test(cert) && CERTIFICATE.test(key)) {
    throw new TlsProblem(
      `TLS_CERT ${shown(certPath)} holds a private key, and TLS_KEY ${shown(keyPath)} a certificate. Fix: swap the two paths`,
    );
  }
  if (!CERTIFICATE.test(cert)) {
    throw new TlsProblem(
      `TLS_CERT ${shown(certPath)} holds no certificate in PEM (${kindOf(cert)}). Fix: name the file that has -----BEGIN CERTIFICATE-----`,
    );
  }
  if (ENCRYPTED.test(key)) {
    const plain = shellWord(`${keyPath}.plain`);
    const fix = inPlace({
      host:
        "decrypt it into a file that only the service may read, and name that file:\n" +
        `sudo openssl pkey -in ${shellWord(keyPath)} -out ${plain}`,
      pod: "decrypt it where it was made (openssl pkey), and put the result into its Secret",
    });
    throw new TlsProblem(
      `TLS_KEY ${shown(keyPath)} is encrypted with a passphrase, which nobody can type at a start. Fix: ${fix}`,
    );
  }
  if (!PRIVATE_KEY.test(key)) {
    throw new TlsProblem(
      `TLS_KEY ${shown(keyPath)} holds no private key in PEM (${kindOf(key)}). Fix: name the file that has -----BEGIN PRIVATE KEY-----`,
    );
  }
}

function kindOf(text: string): string {
  if (text.trim() === "") {
    return "it is empty";
  }
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1];
  if (label !== undefined) {
    return `it has ${label}`;
  }
  return text.startsWith("0\ufffd") || text.includes("\0")
    ? "it is binary, perhaps DER or PKCS#12"
    : "it is another kind of text";
}

function parsed<Result>(what: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw new TlsProblem(`${what}: ${printable(errorChain(error))}`);
  }
}

function shown(path: string): string {
  return printable(path, 4096);
}
