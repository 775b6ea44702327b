import type { Stats } from "node:fs";
import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../../../lib/errors.ts";
import { inTime, NoFileAnswer } from "../../../lib/files/file-answer.ts";
import { followLinks } from "../../../lib/files/follow-links.ts";
import { limitOfRoot } from "../../../lib/files/limit-of-root.ts";
import { tooManyFiles } from "../../../lib/files/open-files.ts";
import { printable } from "../../../lib/printable.ts";
import { capitalized } from "../../../lib/sentence.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import { accessRemedy, type FileReader, ownReader, runningUser } from "./file-access.ts";
import { folderInstead, nameTheFile } from "./folder-instead.ts";
import { hiddenFrom } from "./hidden-file.ts";
import { missingMount } from "./missing-mount.ts";

/** The content of a file, or why it could not be read. */
export type FileRead =
  | {
      readonly kind: "read";
      readonly path: string;
      /** The path without symbolic links. */
      readonly realPath: string;
      readonly bytes: Uint8Array;
      /** undefined for what is no file, such as a pipe. */
      readonly stats: Stats | undefined;
    }
  | { readonly kind: "unreadable"; readonly code: string; readonly problem: string; readonly remedy: Remedy };

/**
 * More than any configuration, key or CA bundle needs; less than a log or disk image that was named
 * by mistake.
 */
export const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Reads a regular file of at most 1 MiB; follows symbolic links. Never rejects because of the disk
 * or the file, and never hangs: a file that does not answer within 3 seconds is unreadable
 * (`no-answer`). If permission is missing, the remedy is written for `reader`.
 */
export async function readBoundedFile(path: string, reader: FileReader = ownReader()): Promise<FileRead> {
  try {
    return await inTime(path, () => read(path, reader));
  } catch (error) {
    if (!(error instanceof NoFileAnswer)) {
      throw error;
    }
    const remedy =
      "Check the file system, such as FUSE or NFS: its server does not answer. The agent reads the file when it does.";
    return { kind: "unreadable", code: error.code, problem: error.message, remedy };
  }
}

/** Without O_NONBLOCK, open(2) would wait for the writer of a FIFO. */
async function read(path: string, reader: FileReader): Promise<FileRead> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stats = await handle.stat();
    const kind = otherKind(stats);
    if (kind !== undefined) {
      return await notAFile(path, kind);
    }
    const bytes = await readAtMost(handle, stats.size, MAX_FILE_BYTES + 1);
    if (bytes.length > MAX_FILE_BYTES) {
      const problem = "is larger than 1 MiB: no configuration, key or certificate is so large";
      return {
        kind: "unreadable",
        code: "too-large",
        problem,
        remedy: "Check that this is the right file.",
      };
    }
    const realPath = await realpath(path).catch(() => path);
    return { kind: "read", path, realPath, bytes, stats };
  } catch (error) {
    return await explain(path, errorCode(error) ?? "unknown", reader);
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

function otherKind(stats: Stats): string | undefined {
  if (stats.isFile()) {
    return undefined;
  }
  if (stats.isDirectory()) {
    return "folder";
  }
  if (stats.isFIFO()) {
    return "named pipe";
  }
  if (stats.isSocket()) {
    return "socket";
  }
  return "device";
}

async function notAFile(path: string, kind: string): Promise<FileRead> {
  const code = `is-${kind.replace(" ", "-")}`;
  if (kind === "folder") {
    const folder = await folderInstead(path);
    return { kind: "unreadable", code, problem: folder.problem, remedy: nameTheFile(path, folder) };
  }
  const { target, link } = await followLinks(path);
  return link === undefined
    ? {
        kind: "unreadable",
        code,
        problem: `is a ${kind}, not a regular file`,
        remedy: "Name a regular file.",
      }
    : {
        kind: "unreadable",
        code,
        problem: `is a link to ${printable(target, 400)}, a ${kind}, not a regular file`,
        remedy: "Put a regular file in place of the link, or name another file.",
      };
}

/**
 * Asks for more than the size of the file. A short read then means the end, so one read is enough.
 */
async function readAtMost(handle: FileHandle, sizeBytes: number, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total < limit) {
    const room = new Uint8Array(Math.min(Math.max(sizeBytes - total, 0) + 4096, limit - total));
    const { bytesRead, buffer } = await handle.read({ buffer: room });
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
    if (bytesRead === 0 || (total === sizeBytes && bytesRead < room.length)) {
      break;
    }
  }
  return Buffer.concat(chunks);
}

async function explain(path: string, code: string, reader: FileReader): Promise<FileRead> {
  const answer = (problem: string, remedy: Remedy): FileRead => ({
    kind: "unreadable",
    code,
    problem,
    remedy,
  });
  const hidden = HIDDEN_CODES.has(code) ? await hiddenFrom(path) : undefined;
  if (hidden !== undefined) {
    return answer(hidden.problem, hidden.remedy);
  }
  switch (code) {
    case "ENOENT":
      return await missing(path, answer);
    case "ENOTDIR":
      return answer("does not exist: part of its path is not a folder", "Check the path.");
    case "ELOOP":
      return answer("is a symbolic link to itself", "Fix the link.");
    case "EACCES":
    case "EPERM":
      return process.geteuid?.() === 0
        ? deniedToRoot(path, answer)
        : answer(`cannot be read by ${runningUser()}`, await accessRemedy(path, reader));
    case "ENAMETOOLONG":
      return answer("has a path that is too long for this system", "Name a shorter path.");
    case "ENXIO":
      return answer("is a socket or a device with nothing behind it", "Name a regular file.");
    case "EMFILE":
    case "ENFILE":
      return noDescriptor(code, answer);
    default:
      return answer(`could not be read (${code})`, "Check the disk or the mount.");
  }
}

function noDescriptor(code: string, answer: (problem: string, remedy: Remedy) => FileRead): FileRead {
  const { problem = code, fix = "", command } = tooManyFiles(code) ?? {};
  const remedy = command === undefined ? `${capitalized(fix)}.` : [step(`${capitalized(fix)}:`, command)];
  return answer(`could not be opened: ${problem}`, remedy);
}

/** Modes do not hold for root, so no change of them helps. */
function deniedToRoot(path: string, answer: (problem: string, remedy: Remedy) => FileRead): FileRead {
  const { why, fix } = limitOfRoot(dirname(path));
  return answer(`cannot be read by root: ${why}`, capitalized(fix));
}

/** What to do about a file that is missing, if nothing more is known. */
export const CREATE = "Create it, or name another file.";

/** What open(2) says of a file in a folder that a sandbox has replaced. */
const HIDDEN_CODES: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EACCES", "EPERM"]);

/** What is missing may be behind a link, or below a mount: then its path tells where to look. */
async function missing(
  path: string,
  answer: (problem: string, remedy: Remedy) => FileRead,
): Promise<FileRead> {
  const { target, link } = await followLinks(path);
  const mount = await missingMount(target);
  const create = link === undefined ? CREATE : "Create the target of the link, or fix the link.";
  const remedy =
    mount === undefined
      ? create
      : [mount, step(`Otherwise ${create.charAt(0).toLowerCase()}${create.slice(1)}`)];
  if (link === undefined) {
    return answer("does not exist", remedy);
  }
  const shown = printable(target, 400);
  return link === path
    ? answer(`is a symbolic link to ${shown}, which does not exist`, remedy)
    : answer(`does not exist: ${printable(link, 400)} is a symbolic link, so it is ${shown}`, remedy);
}
