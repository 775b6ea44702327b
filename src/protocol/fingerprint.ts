import { hash } from "node:crypto";

/**
 * The first 8 hex digits of the key's SHA-256. The journal, the page and the audit log show it, so
 * that people can tell keys apart.
 */
export function keyFingerprint(secret: string): string {
  return hash("sha256", secret, "hex").slice(0, 8);
}
