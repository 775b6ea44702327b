import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { errorChain, errorCode, OperatorError } from "../../../lib/errors.ts";
import { readProblem } from "../../../lib/files/access-problem.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace } from "../../../lib/shell-word.ts";

/** No chain of certificates is so large. */
const MAX_BYTES = 1024 * 1024;

/** The pair cannot be used. The message says which file and why, and what to do. */
export class TlsProblem extends OperatorError {
  override readonly name = "TlsProblem";
  /** The same as long as the problem is, while the message may tell the time. */
  readonly topic: string;
  readonly #findFix: (() => string) | undefined;

  /** `findFix` looks at the disk for what to do; without it, the message says that. */
  constructor(message: string, topic = message, findFix?: () => string) {
    super(message);
    this.topic = topic;
    this.#findFix = findFix;
  }

  /** The message for people. The pair is read each second, and only this looks for a fix. */
  explained(): string {
    return this.#findFix === undefined ? this.message : `${this.message}. Fix: ${this.#findFix()}`;
  }
}

/**
 * Reads the file that the variable names. Throws a TlsProblem. The server stands still while it
 * reads, so a pipe is not opened to wait for its writer, and a large file is not read.
 */
export function readTlsFile(variable: "TLS_CERT" | "TLS_KEY", path: string): string {
  const cannot = (why: string) => new TlsProblem(`cannot read ${variable} ${printable(path, 4096)}: ${why}`);
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const odd = oddFile(fstatSync(file));
    if (odd !== undefined) {
      throw cannot(odd);
    }
    const text = textOf(file);
    if (text === undefined) {
      throw cannot(TOO_LARGE);
    }
    return text;
  } catch (error) {
    throw error instanceof TlsProblem ? error : cannot(whyUnreadable(path, error));
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}

/** Throws a TlsProblem with the commands for both files if each of them is closed. */
export function requireOneOpen(certPath: string, keyPath: string): void {
  const [cert, key] = [readProblem(certPath), readProblem(keyPath)];
  const [, ...open] = key?.fix.split("\n") ?? [];
  // A folder that is closed is the same problem twice.
  if (
    cert !== undefined &&
    key !== undefined &&
    cert.fix.includes(":\n") &&
    open.length > 0 &&
    cert.fix !== key.fix
  ) {
    throw new TlsProblem(
      `cannot read TLS_CERT ${printable(certPath, 4096)}: ${cert.problem}, nor TLS_KEY ${printable(keyPath, 4096)}: ${key.problem}. Fix: ${[cert.fix, ...open].join("\n")}`,
    );
  }
}

const TOO_LARGE = "it is larger than 1 MiB, and no certificate or key is. Fix: name the file that has it";

function oddFile(stats: Stats): string | undefined {
  if (stats.isDirectory()) {
    return "it is a folder. Fix: name the file in it";
  }
  return stats.isFile()
    ? undefined
    : "it is not a regular file. A pipe or a device can be read only once, and the file is read again when it changes. Fix: name a regular file";
}

/** Undefined: it is too large. */
function textOf(file: number): string | undefined {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = readSync(file, bytes, length, bytes.length - length, null);
  }
  return length > MAX_BYTES ? undefined : bytes.toString("utf8", 0, length);
}

function whyUnreadable(path: string, error: unknown): string {
  const refused = readProblem(path);
  if (refused !== undefined) {
    return `${refused.problem}. Fix: ${refused.fix}`;
  }
  if (errorCode(error) !== "ENOENT") {
    return errorChain(error);
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    return "it is a link to a file that does not exist. Fix: correct the link, or the path";
  }
  return inPlace({
    host: "it does not exist. Fix: correct the path. A service does not see files below /home, /root and /tmp",
    pod: "it does not exist. Fix: correct the path, or mount the volume that has it",
  });
}
