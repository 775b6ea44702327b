import { hash } from "node:crypto";

/** 8 hex digits of SHA-256 over a key: how people tell keys apart in the journal, the page and the audit log. */
export function keyFingerprint(secret: string): string {
  return hash("sha256", secret, "hex").slice(0, 8);
}
