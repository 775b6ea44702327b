import { printable } from "../../lib/printable.ts";
import { alteredText } from "../stand-in/altered-text.ts";
import type { StandIn } from "../stand-in/stand-in.ts";
import { binaryCaForm, bodyForm, PRIVATE_KEY, textCaForm } from "./ca-form.ts";
import { isCertificate } from "./der-form.ts";
import type { FileReads } from "./file/file-reads.ts";
import type { ConfigIssue } from "./issue/config-issue.ts";
import type { ParsedConfig } from "./parse-config.ts";
import { decodeText } from "./schema/config-text.ts";

/** The content of `control_plane.ca_file`, or why it cannot be used. */
type CaFile =
  | { readonly kind: "certificates"; readonly pem: string }
  | { readonly kind: "unusable"; readonly problem: string; readonly remedy: string };

const BLOCK = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/gu;
/** What layout leaves between base64: spaces, line ends, and the \n of JSON and of variables. */
const LAYOUT = /(?:\s|\\[nr])+/gu;
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
    return unusable({ problem: PRIVATE_KEY.problem, remedy: PRIVATE_KEY.remedy(path) });
  }
  const bodies = [...text.matchAll(BLOCK)].map(([, body = ""]) => body.replaceAll(LAYOUT, ""));
  const begun = text.match(/-----BEGIN CERTIFICATE-----/gu)?.length ?? 0;
  if (bodies.length === 0 || begun > bodies.length) {
    const none = { problem: "contains no PEM certificate", remedy: REMEDY };
    return unusable(text.trim() === "" ? { ...none, problem: "is empty" } : (textCaForm(text, path) ?? none));
  }
  const blocks = bodies.map(asBlock);
  const bad = blocks.findIndex((block) => !isCertificate(block));
  if (bad === -1) {
    return { kind: "certificates", pem: blocks.join("") };
  }
  const place = { number: bad + 1, of: blocks.length };
  return unusable(alteredText(text) ?? bodyForm(bodies[bad] ?? "", place, path));
}

/** As RFC 7468 writes it: OpenSSL ignores, without an error, a block with another layout. */
function asBlock(body: string): string {
  const lines = body.match(/.{1,64}/gu) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
