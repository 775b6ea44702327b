import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { printable } from "../../../lib/printable.ts";
import { readBoundedFile } from "../../config/file/read-file.ts";
import { decodeText } from "../../config/schema/config-text.ts";
import { diagnoseKey, type KeyDiagnosis, type KeyOrigin } from "../../key/diagnose-key.ts";
import { isStdin, readStreamInput } from "../host/stream-input.ts";
import { askHidden } from "./hidden-prompt.ts";

/**
 * A key from a person, diagnosed. `isDenied`: this user may not read the file, so nothing is known
 * about the key.
 */
export interface HandedKey extends KeyDiagnosis {
  /** `stdin`, `the prompt`, or the file's path. */
  readonly source: string;
  readonly isDenied: boolean;
}

/** Far more than any key. */
const MAX_BYTES = 65_536;

const NOTHING_CAME: KeyDiagnosis = {
  key: undefined,
  findings: [
    {
      code: "empty",
      severity: "refused",
      problem: "is empty",
      remedy: "If a command before the pipe failed, fix that first. A key starts with exc_.",
    },
  ],
};

/** From a hidden prompt if stdin is a terminal, else from stdin; undefined if cancelled. */
export async function keyFromPerson(terminal: Terminal): Promise<HandedKey | undefined> {
  if (!terminal.stdin.isTTY) {
    const bytes = (await readStreamInput("-", MAX_BYTES, terminal)) ?? new Uint8Array();
    const given = bytes.length === 0 ? NOTHING_CAME : diagnoseBytes(bytes, { kind: "input" });
    return { source: "stdin", isDenied: false, ...given };
  }
  const typed = await askHidden("Executor key (it is not shown): ", terminal);
  if (typed === undefined) {
    return undefined;
  }
  return { source: "the prompt", isDenied: false, ...diagnoseKey(typed, { kind: "input" }) };
}

/**
 * Reads and diagnoses the key in a file or pipe. An unreadable file becomes a finding. Rejects with
 * an OperatorError for a relative path if the current folder was deleted.
 */
export async function keyFromFile(path: string, terminal: Terminal): Promise<HandedKey | undefined> {
  if (isStdin(path)) {
    return await keyFromPerson(terminal);
  }
  const source = printable(path, 4096);
  const piped = await readStreamInput(path, MAX_BYTES, terminal);
  if (piped !== undefined) {
    return { source, isDenied: false, ...diagnoseBytes(piped, { kind: "input" }) };
  }
  const read = await readBoundedFile(absolutePath(path), { kind: "unknown" });
  if (read.kind === "read") {
    return { source, isDenied: false, ...diagnoseBytes(read.bytes, { kind: "key-file" }) };
  }
  const { problem, remedy, code } = read;
  return {
    source,
    isDenied: code === "EACCES" || code === "EPERM",
    key: undefined,
    findings: [
      {
        code: "key-file-unreadable",
        severity: "refused",
        problem: `is not available: the file ${problem}`,
        remedy,
      },
    ],
  };
}

function diagnoseBytes(bytes: Uint8Array, origin: KeyOrigin): KeyDiagnosis {
  const decoded = decodeText(bytes);
  if (decoded.kind === "text") {
    return diagnoseKey(decoded.text, origin);
  }
  const problem = `is in a text that ${decoded.problem}`;
  const { remedy } = decoded;
  return {
    key: undefined,
    findings: [{ code: "key-file-not-text", severity: "refused", problem, remedy }],
  };
}
