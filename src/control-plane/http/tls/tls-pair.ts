import { createPrivateKey, X509Certificate } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { utcTime } from "../../../lib/clock.ts";
import { errorChain, errorCode } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace, shellWord } from "../../../lib/shell-word.ts";
import { CERTIFICATE, type CertificateChain, nameOf, placeOfKey, readChain } from "./certificate-chain.ts";
import { adviseOnPair } from "./tls-beside.ts";
import { readTlsFile, requireOneOpen, TlsProblem } from "./tls-file.ts";

export interface TlsPaths {
  readonly certPath: string;
  readonly keyPath: string;
}

/** A certificate with its chain, and the key that belongs to it, as PEM texts. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  readonly chain: CertificateChain;
  /** Of the certificate's validity, epoch ms. */
  readonly validFrom: number;
  readonly validTo: number;
}

const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Reads both files. Throws a TlsProblem if they are no pair that can be served. */
export function readTlsPair({ certPath, keyPath }: TlsPaths): TlsPair {
  requireOneOpen(certPath, keyPath);
  const cert = readTlsFile("TLS_CERT", certPath);
  const key = readTlsFile("TLS_KEY", keyPath);
  requireKinds({ certPath, keyPath }, cert, key);
  const chain = readChain(cert, (block, number, of) =>
    // OpenSSL does not say which certificate of a chain is damaged.
    parsed(
      `certificate ${number} of ${of} in TLS_CERT ${shown(certPath)} cannot be read`,
      COPY_AGAIN,
      () => new X509Certificate(block),
    ),
  );
  const [certificate] = chain;
  const isWhole = /-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----/.test(key);
  const privateKey = parsed(
    `TLS_KEY ${shown(keyPath)} cannot be read as a private key`,
    isWhole ? RENEW : COPY_AGAIN,
    () => createPrivateKey(key),
  );
  const place = placeOfKey(chain, privateKey);
  if (place !== 1) {
    const isNot = `TLS_KEY ${shown(keyPath)} is not the key of the first certificate in TLS_CERT ${shown(certPath)} (${nameOf(certificate)}),`;
    if (place === undefined) {
      const message = `${isNot} nor of another one in it`;
      throw new TlsProblem(message, message, () =>
        adviseOnPair({ certPath, keyPath }, certificate, privateKey, Date.now()),
      );
    }
    throw new TlsProblem(
      `${isNot} but of number ${place} of ${chain.length}. Fix: put that one first, and after it the chain: the issuer of each certificate right after it`,
    );
  }
  parsed(`TLS_CERT ${shown(certPath)} and TLS_KEY ${shown(keyPath)} cannot be used`, RENEW, () =>
    createSecureContext({ cert, key }),
  );
  const { validFromDate, validToDate } = certificate;
  return { cert, key, chain, validFrom: validFromDate.getTime(), validTo: validToDate.getTime() };
}

/** Why clients refuse the certificate at this time, as a clause; undefined: they do not. */
export function whyInvalid({ validFrom, validTo }: TlsPair, wallMs: number): string | undefined {
  if (validTo <= wallMs) {
    return `expired at ${utcTime(validTo)}`;
  }
  return validFrom > wallMs ? `is not valid before ${utcTime(validFrom)}` : undefined;
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

/** The mistakes for which OpenSSL has no sentence. */
function requireKinds({ certPath, keyPath }: TlsPaths, cert: string, key: string): void {
  if (!CERTIFICATE.test(cert) && !PRIVATE_KEY.test(key) && PRIVATE_KEY.test(cert) && CERTIFICATE.test(key)) {
    throw new TlsProblem(
      `TLS_CERT ${shown(certPath)} holds a private key, and TLS_KEY ${shown(keyPath)} a certificate. Fix: swap the two paths`,
    );
  }
  if (!CERTIFICATE.test(cert)) {
    throw new TlsProblem(
      `TLS_CERT ${shown(certPath)} holds no certificate in PEM (${kindOf(cert)}). Fix: name the file that has -----BEGIN CERTIFICATE-----${orConvert(cert, "x509", certPath)}`,
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
      `TLS_KEY ${shown(keyPath)} holds no private key in PEM (${kindOf(key)}). Fix: name the file that has -----BEGIN PRIVATE KEY-----${orConvert(key, "pkey", keyPath)}`,
    );
  }
}

function isBinary(text: string): boolean {
  return text.startsWith("0\ufffd") || text.includes("\0");
}

/** How DER becomes PEM; PKCS#12 needs its password, and becomes two files. */
function orConvert(text: string, what: "x509" | "pkey", path: string): string {
  if (!isBinary(text)) {
    return "";
  }
  const [from, to] = [shellWord(path), shellWord(`${path}.pem`)];
  return inPlace({
    host: `, or the one that this writes if it is DER:\nsudo openssl ${what} -inform DER -in ${from} -out ${to}`,
    pod: `, or convert it where it was made (openssl ${what} -inform DER)`,
  });
}

function kindOf(text: string): string {
  if (text.trim() === "") {
    return "it is empty";
  }
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1];
  if (label !== undefined) {
    return `it has ${label}`;
  }
  return isBinary(text) ? "it is binary, perhaps DER or PKCS#12" : "it is another kind of text";
}

function parsed<Result>(what: string, fix: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    const words = printable(errorChain(error));
    const own = /too small|too weak/.test(words) ? STRONGER : fix;
    throw new TlsProblem(`${what}: ${words}. Fix: ${own}`);
  }
}

const COPY_AGAIN = "copy it again, from its first dash to its last";
const RENEW = "have the pair made again, in PEM";
const STRONGER =
  "have a pair made with a key of P-256, or of RSA with 2048 bits or more, and a signature with SHA-256";

function shown(path: string): string {
  return printable(path, 4096);
}
