import { printable } from "../../lib/printable.ts";
import type { StandIn } from "../stand-in/stand-in.ts";
import { binaryCaForm, isCertificate, textCaForm } from "./ca-form.ts";
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
  const ca = read.kind === "read" ? readCertificates(read.bytes, caFile) : read;
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
 * Remedies name `path`.
 */
export function readCertificates(bytes: Uint8Array, path: string): CaFile {
  const decoded = decodeText(bytes);
  const unusable = ({ problem, remedy }: Omit<StandIn, "code">): CaFile => {
    return { kind: "unusable", problem, remedy };
  };
  if (decoded.kind === "not-text") {
    return unusable(binaryCaForm(bytes, path) ?? decoded);
  }
  const { text } = decoded;
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/u.test(text)) {
    const remedy =
      "Name a file with only the CA's certificate: the agent must not be able to read the CA's key.";
    return unusable({ problem: "contains a private key", remedy });
  }
  const blocks = text.match(BLOCK) ?? [];
  const begun = text.match(/-----BEGIN CERTIFICATE-----/gu)?.length ?? 0;
  if (blocks.length === 0 || begun > blocks.length) {
    const none = { problem: "contains no PEM certificate", remedy: REMEDY };
    return unusable(text.trim() === "" ? { ...none, problem: "is empty" } : (textCaForm(text, path) ?? none));
  }
  const bad = blocks.findIndex((block) => !isCertificate(block));
  if (bad === -1) {
    return { kind: "certificates", pem: text };
  }
  const problem = `contains a certificate that cannot be parsed (number ${bad + 1} of ${blocks.length})`;
  return unusable({ problem, remedy: "Copy that whole certificate again." });
}
