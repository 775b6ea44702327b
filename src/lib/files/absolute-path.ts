import { resolve } from "node:path";
import { OperatorError } from "../errors.ts";
import { printable } from "../printable.ts";

/**
 * The absolute form of a path that a person wrote. Throws an OperatorError for a relative path if
 * the current folder was deleted: nobody knows then where it leads.
 */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch {
    throw new OperatorError(
      `${printable(path, 4096)} is a relative path, but the current folder was deleted. Fix: cd to a folder that exists, or name the whole path`,
    );
  }
}
