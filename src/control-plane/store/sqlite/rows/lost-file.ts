import { statSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../../../../lib/errors.ts";
import { printable } from "../../../../lib/printable.ts";
import { sentence } from "../../../../lib/sentence.ts";
import type { StoreProblem } from "../../contract/store.ts";
import { accessTrouble } from "./unavailable.ts";

/** Why a path no longer leads to a file of the open database. */
export interface FileChange {
  /** Unreachable: whether the file is there is not known. */
  readonly kind: "gone" | "replaced" | "unreachable";
  readonly path: string;
  /** The database itself, and not what SQLite keeps beside it. */
  readonly isMain: boolean;
  /** A clause. It names no path, because outsiders read it. */
  readonly reason: string;
  /** The system's, if the path could not be followed. */
  readonly error?: unknown;
}

const REPLACED = `put the original back in its place, or restart the control plane to use the present file`;
const BESIDE_GONE = `put the original back in its place, or restart the control plane, which makes a new one`;
/** A start on a path without a file would make a database that knows no key. */
const GONE = `put the original back in its place, or stop the control plane, restore a backup there and start it; a restart without the file makes a new, empty database, which knows no keys`;
const UNREACHABLE =
  "let the user that the control plane runs as reach the file and enter each folder above it";

/** What happened to the open database's files, for the operator. */
export function lostFile({ kind, path, isMain, reason, error }: FileChange): StoreProblem {
  switch (kind) {
    case "replaced":
      return { reason, remedy: REPLACED };
    case "gone": {
      const detail = missingFolder(path);
      return { reason, ...(detail !== undefined && { detail }), remedy: isMain ? GONE : BESIDE_GONE };
    }
    case "unreachable": {
      const trouble = accessTrouble(path, error);
      const why = trouble === undefined ? "" : `${sentence(trouble.problem)} `;
      const detail = `${why}This says nothing about the file itself, and no restart is needed.`;
      return { reason, detail, remedy: trouble?.fix ?? UNREACHABLE };
    }
  }
}

/** The highest folder above `path` that is not there, or is none. */
function missingFolder(path: string): string | undefined {
  const missing: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const state = stateOf(folder);
    if (state === "folder" || dirname(folder) === folder) {
      const [highest] = missing.slice(-1);
      return highest;
    }
    missing.push(`${printable(folder, 4096)} ${state === "file" ? "is not a folder" : "is not there"}.`);
  }
}

function stateOf(path: string): "folder" | "file" | "nothing" {
  try {
    return statSync(path).isDirectory() ? "folder" : "file";
  } catch (error) {
    return errorCode(error) === "EACCES" ? "folder" : "nothing";
  }
}
