import type { Stats } from "node:fs";
import { isAbsolute } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { runningUser } from "../../config/file/file-access.ts";
import { readBoundedFile } from "../../config/file/read-file.ts";
import { formatIssue } from "../../config/issue/config-issue.ts";
import type { Loaded } from "../../config/load-config.ts";
import { keyFileText, withAccessToken } from "../../config/toml/edit-config.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import { inPlace } from "../host/write-place.ts";

/** The file that a key goes to. */
export interface KeyTarget {
  /** The path as configured, for messages. `write` follows its links (write-place.ts). */
  readonly path: string;
  write(): Promise<void>;
}

/** For a new key file. It gets the group of agent.toml, so that the agent can read it. */
const NEW_FILE_MODE = 0o640;

/**
 * Finds where `key` goes: into agent.toml, whose other bytes stay the same, or into the key file
 * that it names. Writes nothing yet. Rejects with an OperatorError if the key cannot go there.
 */
export async function keyTarget(
  loaded: Exclude<Loaded, { verdict: "invalid" }>,
  key: ExecutorKey,
  environment: NodeJS.ProcessEnv,
): Promise<KeyTarget> {
  const config = await readAsIs(loaded.path);
  const edited = await withAccessToken(config.text, key, loaded.path);
  switch (edited.kind) {
    case "unparsable":
      throw new OperatorError(edited.issues.map(formatIssue).join("\n"));
    case "edited":
      return target(loaded.path, config, encode(edited.text, config.encoding));
    case "key-file":
      return await keyFileTarget(edited.path, loaded, config.stats, key, environment);
  }
}

async function keyFileTarget(
  written: string,
  loaded: Exclude<Loaded, { verdict: "invalid" }>,
  configStats: Stats,
  key: ExecutorKey,
  environment: NodeJS.ProcessEnv,
): Promise<KeyTarget> {
  const path = loaded.config.controlPlane.accessTokenFile;
  const { CREDENTIALS_DIRECTORY: credentials } = environment;
  const isCredential = !isAbsolute(written) || (credentials !== undefined && written.startsWith(credentials));
  if (path === undefined || isCredential) {
    throw new OperatorError(
      `the key is a systemd credential (${printable(written)}), which set-key cannot write. Fix: write the new key to the source of LoadCredential=, then run: ${asRoot("systemctl restart novacula-agent")}`,
    );
  }
  const content = keyFileText(key);
  try {
    return target(path, await readAsIs(path), content);
  } catch (error) {
    if (error instanceof OperatorError) {
      throw error;
    }
    if (errorCode(error) !== "ENOENT") {
      throw cannotWrite(path, error);
    }
    const { uid, gid } = configStats;
    return {
      path,
      write: () => put(path, content, { mode: NEW_FILE_MODE, owner: { uid, gid } }),
    };
  }
}

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
  if (found.kind === "read") {
    return found;
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

function target(path: string, before: FileAsIs, content: string | Uint8Array): KeyTarget {
  const { mode, uid, gid } = before.stats;
  return {
    path,
    write: () => put(path, content, { mode: mode & 0o7777, owner: { uid, gid }, before }),
  };
}

interface PutOptions {
  readonly mode: number;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** What the file contained; undefined for a new file. */
  readonly before?: FileAsIs;
}

async function put(path: string, content: string | Uint8Array, options: PutOptions): Promise<void> {
  const { mode, owner, before } = options;
  try {
    await inPlace(path, (place) =>
      writeFileAtomically(place.path, content, {
        mode,
        ...(place.mayGiveAway && { owner }),
        ...(before !== undefined && { beforeRename: () => assertUnchanged(path, place.path, before) }),
      }),
    );
  } catch (error) {
    throw error instanceof OperatorError ? error : cannotWrite(path, error);
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
  ["EBUSY", "it is itself a mount and cannot be replaced. Fix: change it at its source"],
  ["ENOSPC", "the disk is full. Fix: free some space, then try again"],
  ["EDQUOT", "the quota is used up. Fix: free some space, then try again"],
]);

function cannotWrite(path: string, error: unknown): OperatorError {
  const code = errorCode(error) ?? "unknown error";
  const denied =
    code === "EACCES" || code === "EPERM" ? `${runningUser()} has no permission. Fix: use sudo` : undefined;
  const reason = denied ?? REASONS.get(code) ?? `${printable(code, 40)}. Fix: check the disk or the mount`;
  return new OperatorError(`cannot write ${printable(path, 4096)}, so nothing was written: ${reason}`);
}
