import { constants, type Stats } from "node:fs";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { fullDisk } from "../../../lib/files/file-system.ts";
import { ContentLost } from "../../../lib/files/overwrite-file.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { runningUser } from "../../config/file/file-access.ts";
import { readBoundedFile } from "../../config/file/read-file.ts";
import { formatIssue } from "../../config/issue/config-issue.ts";
import type { Loaded } from "../../config/load-config.ts";
import { keyFileText, withAccessToken } from "../../config/toml/edit-config.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import { denialOf } from "../host/denied-write.ts";
import { inPlace, type WritePlace } from "../host/write-place.ts";
import { replaceContent } from "./replace-content.ts";

/** The file that a key goes to. */
export interface KeyTarget {
  /** The path as configured, for messages. `write` follows its links (write-place.ts). */
  readonly path: string;
  write(): Promise<void>;
}

/** For a new key file. It gets the group of agent.toml, so that the agent can read it. */
const NEW_FILE_MODE = 0o640;

/**
 * Finds where `key` goes: into agent.toml, whose other bytes stay the same, into the key file that
 * it names, or into `credential`, the source of the credential that it names. Writes nothing yet.
 * Rejects with an OperatorError if the key cannot go there.
 */
export async function keyTarget(
  loaded: Exclude<Loaded, { verdict: "invalid" }>,
  key: ExecutorKey,
  credential?: string,
): Promise<KeyTarget> {
  if (credential !== undefined) {
    return await keyFileTarget(credential, key, SOURCE);
  }
  const config = await readAsIs(loaded.path);
  const edited = await withAccessToken(config.text, key, loaded.path);
  switch (edited.kind) {
    case "unparsable":
      throw new OperatorError(edited.issues.map(formatIssue).join("\n"));
    case "edited":
      return target(loaded.path, config, encode(edited.text, config.encoding));
    case "key-file": {
      const { uid, gid } = config.stats;
      return await keyFileTarget(edited.path, key, { mode: NEW_FILE_MODE, uid, gid });
    }
  }
}

/**
 * Rejects with an OperatorError if this user cannot write the key to `path`: asked before the key,
 * because a key that cannot be written would be lost.
 */
export async function assertWritable(path: string): Promise<void> {
  await put(path, async (place) => {
    await access(dirname(place.path), constants.W_OK | constants.X_OK);
    await access(place.path, constants.W_OK).catch((error: unknown) => {
      if (errorCode(error) !== "ENOENT") {
        throw error;
      }
    });
  });
}

/** `asNew` is for a file that does not exist. */
async function keyFileTarget(path: string, key: ExecutorKey, asNew: NewFile): Promise<KeyTarget> {
  const content = Buffer.from(keyFileText(key));
  try {
    return target(path, await readAsIs(path), content);
  } catch (error) {
    if (error instanceof OperatorError) {
      throw error;
    }
    if (errorCode(error) !== "ENOENT") {
      throw await cannotWrite(path, error);
    }
    return { path, write: () => put(path, (place) => createIn(place, content, asNew)) };
  }
}

interface NewFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Only systemd reads the source of a credential, as root. */
const SOURCE: NewFile = { mode: 0o600, uid: 0, gid: 0 };

interface FileAsIs {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly encoding: Encoding;
  readonly stats: Stats;
}

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

async function readAsIs(path: string): Promise<FileAsIs> {
  const { bytes, stats } = await inPlace(path, (place) => read(place.path));
  const mark = Buffer.from(bytes.subarray(0, 2)).toString("hex");
  const encoding = mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : "utf-8";
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  return { bytes, text, encoding, stats };
}

async function read(path: string): Promise<{ readonly bytes: Uint8Array; readonly stats: Stats }> {
  const found = await readBoundedFile(path);
  if (found.kind === "read" && found.stats !== undefined) {
    return { bytes: found.bytes, stats: found.stats };
  }
  if (found.kind === "read") {
    throw new OperatorError(`${printable(path, 4096)} is no file`);
  }
  throw Object.assign(new Error(found.problem), { code: found.code });
}

function encode(text: string, encoding: Encoding): Uint8Array {
  if (encoding === "utf-8") {
    return Buffer.from(text);
  }
  const bytes = Buffer.from(text, "utf16le");
  return encoding === "utf-16be" ? bytes.swap16() : bytes;
}

function target(path: string, before: FileAsIs, content: Uint8Array): KeyTarget {
  return { path, write: () => put(path, (place) => replaceIn(place, before, content, path)) };
}

/** Keeps whatever protects the file: owner, mode, ACL, extended attributes. */
async function replaceIn(
  place: WritePlace,
  before: FileAsIs,
  content: Uint8Array,
  path: string,
): Promise<void> {
  await replaceContent(place.path, {
    content,
    before: before.bytes,
    keepsOwner: place.mayGiveAway,
    beforeWrite: () => assertUnchanged(path, place.path, before),
  });
}

async function createIn(place: WritePlace, content: Uint8Array, asNew: NewFile): Promise<void> {
  const { mode, uid, gid } = asNew;
  await writeFileAtomically(place.path, content, { mode, ...(place.mayGiveAway && { owner: { uid, gid } }) });
}

async function put(path: string, write: (place: WritePlace) => Promise<void>): Promise<void> {
  try {
    await inPlace(path, write);
  } catch (error) {
    throw error instanceof OperatorError ? error : await cannotWrite(path, error);
  }
}

/**
 * Throws if somebody else changed the file, so that no edit is lost. The remaining race is one
 * rename.
 */
async function assertUnchanged(path: string, place: string, before: FileAsIs): Promise<void> {
  const now = await readBoundedFile(place);
  if (now.kind === "read" && Buffer.from(before.bytes).equals(now.bytes)) {
    return;
  }
  throw new OperatorError(
    `${printable(path, 4096)} was changed by somebody else at the same time, so nothing was written. Fix: check the file, then run set-key again`,
  );
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["EROFS", "it is on a read-only file system (a mounted Secret?). Fix: change it at its source"],
]);

async function cannotWrite(path: string, error: unknown): Promise<OperatorError> {
  if (error instanceof ContentLost) {
    return damaged(path, error);
  }
  const code = errorCode(error) ?? "unknown error";
  const reason = ["EACCES", "EPERM"].includes(code)
    ? await whyDenied(path)
    : ["ENOSPC", "EDQUOT"].includes(code)
      ? whyFull(path)
      : (REASONS.get(code) ?? `${printable(code, 40)}. Fix: check the disk or the mount`);
  return new OperatorError(`cannot write ${printable(path, 4096)}, so nothing was written: ${reason}`);
}

function whyFull(path: string): string {
  const { problem, fix } = fullDisk(path);
  return `${problem}.\nFix: ${fix}`;
}

async function whyDenied(path: string): Promise<string> {
  const { why, fix } = (await denialOf(path)) ?? {
    why: `${runningUser()} has no permission`,
    fix: "use sudo",
  };
  return `${why}.\nFix: ${fix}`;
}

function damaged(path: string, { copy, cause }: ContentLost): OperatorError {
  const kept = join(dirname(path), copy);
  const word = errorCode(cause) ?? "unknown error";
  return new OperatorError(
    `${printable(path, 4096)} is damaged: the write failed (${printable(word, 40)}), and so did putting the old content back.\nFix: free some space or check the disk, then run: ${asRoot(`sh -c ${shellWord(`cat ${shellWord(kept)} > ${shellWord(path)}`)}`)}`,
  );
}
