import { X509Certificate } from "node:crypto";
import { printable } from "../../lib/printable.ts";
import type { FileReads } from "./file/file-reads.ts";
import type { ConfigIssue } from "./issue/config-issue.ts";
import type { ParsedConfig } from "./parse-config.ts";
import { decodeText } from "./schema/config-text.ts";

/** The content of `control_plane.ca_file`, or why it cannot be used. */
type CaFile =
  | { readonly kind: "certificates"; readonly pem: string }
  | { readonly kind: "unusable"; readonly problem: string; readonly remedy: string };

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gu;
const REMEDY = "Name a PEM file, which has one or more blocks that begin with -----BEGIN CERTIFICATE-----.";

/**
 * Reads the CA file, if the configuration names one. An issue means that it cannot be used. Never
 * rejects because of the file.
 */
export async function readCa(
  parsed: Extract<ParsedConfig, { kind: "valid" }>,
  reads: FileReads,
): Promise<{ readonly pem: string | undefined } | { readonly issue: ConfigIssue }> {
  const { caFile } = parsed.config.controlPlane;
  if (caFile === undefined) {
    return { pem: undefined };
  }
  const read = await reads.read(caFile);
  const ca = read.kind === "read" ? readCertificates(read.bytes) : read;
  if (ca.kind === "certificates") {
    return { pem: ca.pem };
  }
  const problem = `names ${printable(caFile)}, which ${ca.problem}`;
  const path = ["control_plane", "ca_file"];
  const issue = { code: "ca-file", path, key: path.join("."), problem, remedy: ca.remedy };
  return { issue: await parsed.issueAt(issue) };
}

/**
 * Parses every certificate of a PEM bundle, so that a bad one is found before the TLS handshake.
 */
export function readCertificates(bytes: Uint8Array): CaFile {
  const decoded = decodeText(bytes);
  const text = decoded.kind === "text" ? decoded.text : "";
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/u.test(text)) {
    const remedy =
      "Name a file with only the CA's certificate: the agent must not be able to read the CA's key.";
    return { kind: "unusable", problem: "contains a private key", remedy };
  }
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0) {
    return { kind: "unusable", problem: "contains no PEM certificate", remedy: REMEDY };
  }
  const bad = blocks.findIndex((block) => !isCertificate(block));
  if (bad === -1) {
    return { kind: "certificates", pem: text };
  }
  const problem = `contains a certificate that cannot be parsed (number ${bad + 1} of ${blocks.length})`;
  return { kind: "unusable", problem, remedy: "Copy that whole certificate again." };
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
