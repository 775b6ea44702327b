import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { asRoot, shellWord } from "../../lib/shell-word.ts";
import type { StandIn } from "../stand-in/stand-in.ts";

/** What a CA file is, if not PEM certificates. The remedy is made for the path of the file. */
interface Form {
  readonly problem: string;
  readonly remedy: (path: string) => string;
}

/** The command ends the sentence, so that it can be copied as it is. */
const convert = (command: (from: string, to: string) => string) => (path: string) =>
  `Name the PEM file that this writes: ${command(shellWord(path), shellWord(`${path}.pem`))}`;
const openssl = (words: string) =>
  convert((from, to) => asRoot(`openssl ${words.replace("IN", from)} -out ${to}`));
const say = (sentence: string) => () => sentence;

const FROM_AUTHORITY = say("Name the certificate of the authority that signed the control plane's.");

/** By the label of a PEM block. */
const LABELS: readonly (readonly [label: RegExp, form: Form])[] = [
  [/^(PKCS7|CMS)$/u, { problem: "is in PKCS#7 form", remedy: openssl("pkcs7 -print_certs -in IN") }],
  [
    /^TRUSTED CERTIFICATE$/u,
    { problem: "is in OpenSSL's form of a trusted certificate", remedy: openssl("x509 -in IN") },
  ],
  [
    /^X509 CERTIFICATE$/u,
    { problem: "is in an old form (BEGIN X509 CERTIFICATE)", remedy: openssl("x509 -in IN") },
  ],
  [
    /CERTIFICATE REQUEST$/u,
    { problem: "is a request for a certificate, not a certificate", remedy: FROM_AUTHORITY },
  ],
  [/^X509 CRL$/u, { problem: "is a list of revoked certificates", remedy: FROM_AUTHORITY }],
  [/PUBLIC KEY$/u, { problem: "is a public key, not a certificate", remedy: FROM_AUTHORITY }],
  [/^PGP /u, { problem: "is a PGP block, not a certificate", remedy: FROM_AUTHORITY }],
];

const DER: Form = { problem: "is in binary form (DER)", remedy: openssl("x509 -inform DER -in IN") };
const PKCS7: Form = {
  problem: "is in PKCS#7 form (binary)",
  remedy: openssl("pkcs7 -inform DER -print_certs -in IN"),
};
const PKCS12: Form = {
  problem: "is in PKCS#12 form, which may contain a private key",
  remedy: openssl("pkcs12 -cacerts -nokeys -in IN"),
};
const BARE: Form = {
  problem: "contains a certificate in base64 without its BEGIN and END lines",
  remedy: convert(
    (from, to) => `${asRoot(`base64 -d ${from}`)} | ${asRoot(`openssl x509 -inform DER -out ${to}`)}`,
  ),
};
const TWICE: Form = {
  problem: "is PEM that was encoded in base64 once more",
  remedy: convert((from, to) => `${asRoot(`base64 -d ${from}`)} | ${asRoot(`tee ${to}`)}`),
};
const CUT: Form = {
  problem: "has a certificate whose end is cut off: its END line is missing",
  remedy: say("Copy that whole certificate again."),
};
const PAGE: Form = { problem: "is an HTML page, not a certificate", remedy: FROM_AUTHORITY };

const PKCS7_OID = "06092a864886f70d010702";

/** The form of bytes that are no text; undefined if they are no form of a certificate. */
export function binaryCaForm(bytes: Uint8Array, path: string): StandIn | undefined {
  const start = Buffer.from(bytes.subarray(0, 32)).toString("hex");
  if (!start.startsWith("30")) {
    return undefined;
  }
  if (/^30(8[0-4])?.{0,8}?020103/u.test(start)) {
    return made(PKCS12, path);
  }
  if (start.includes(PKCS7_OID)) {
    return made(PKCS7, path);
  }
  return isCertificate(bytes) ? made(DER, path) : undefined;
}

/** The form of a text that has no PEM certificate, or one without an end. */
export function textCaForm(text: string, path: string): StandIn | undefined {
  if (/^\s*</u.test(text)) {
    return made(PAGE, path);
  }
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/gu)].map(([, label = ""]) => label);
  const other = LABELS.find(([pattern]) => labels.some((label) => pattern.test(label)))?.[1];
  if (other !== undefined) {
    return made(other, path);
  }
  if (/-----BEGIN CERT/u.test(text)) {
    return made(CUT, path);
  }
  const encoded = text.replaceAll(/\s+/gu, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(encoded)) {
    return undefined;
  }
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.includes("-----BEGIN CERTIFICATE-----")) {
    return made(TWICE, path);
  }
  return isCertificate(bytes) ? made(BARE, path) : undefined;
}

function made({ problem, remedy }: Form, path: string): StandIn {
  return { code: "ca-file", problem, remedy: remedy(path) };
}

/** Whether Node can parse it: one certificate, PEM or DER. */
export function isCertificate(encoded: string | Uint8Array): boolean {
  try {
    return new X509Certificate(encoded).raw.length > 0;
  } catch {
    return false;
  }
}
