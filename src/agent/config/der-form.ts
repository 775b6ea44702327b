import type { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";

/** What bytes are that may be a certificate in DER. */
export interface DerForm {
  /** A clause without a subject: `is in PKCS#7 form (binary)`. */
  readonly problem: string;
  /** What openssl(1) has to do so that it writes PEM; undefined if there is no certificate. */
  readonly openssl?: string | undefined;
  readonly isCertificate?: boolean;
  readonly isPrivateKey?: boolean | undefined;
  readonly isCut?: boolean;
}

const PKCS7_OID = "06092a864886f70d010702";

/** Undefined if the bytes do not begin like DER. */
export function derForm(bytes: Buffer): DerForm | undefined {
  const start = bytes.subarray(0, 32).toString("hex");
  if (!start.startsWith("30")) {
    return undefined;
  }
  if (/^30(8[0-4])?.{0,8}?020103/u.test(start)) {
    const problem = "is in PKCS#12 form, which may contain a private key";
    return { problem, openssl: "pkcs12 -cacerts -nokeys" };
  }
  if (start.includes(PKCS7_OID)) {
    return { problem: "is in PKCS#7 form (binary)", openssl: "pkcs7 -inform DER -print_certs" };
  }
  if (isCertificate(bytes)) {
    return { problem: "is in binary form (DER)", openssl: "x509 -inform DER", isCertificate: true };
  }
  return keyForm(bytes) ?? formByLength(bytes);
}

function keyForm(key: Buffer): DerForm | undefined {
  const isPrivate = (["pkcs8", "pkcs1", "sec1"] as const).some((type) =>
    parses(() => createPrivateKey({ key, format: "der", type })),
  );
  if (isPrivate) {
    return { problem: "contains a private key", isPrivateKey: true };
  }
  return parses(() => createPublicKey({ key, format: "der", type: "spki" }))
    ? { problem: "is a public key in binary form (DER), not a certificate" }
    : undefined;
}

/** The outer length of DER says whether its end is there. A certificate has over 128 bytes. */
function formByLength(bytes: Buffer): DerForm | undefined {
  const size = (bytes[1] ?? 0) - 0x80;
  if (size < 1 || size > 4 || bytes.length < 2 + size) {
    return undefined;
  }
  return bytes.readUIntBE(2, size) + 2 + size > bytes.length
    ? { problem: "is in binary form (DER), and its end is cut off", isCut: true }
    : { problem: "is in binary form (DER), but not a certificate" };
}

/** Whether Node can parse it: one certificate, PEM or DER. */
export function isCertificate(encoded: string | Uint8Array): boolean {
  return parses(() => new X509Certificate(encoded));
}

function parses(parse: () => unknown): boolean {
  try {
    return parse() !== undefined;
  } catch {
    return false;
  }
}
