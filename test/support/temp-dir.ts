import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new directory, removed at the end of the current test. Not for concurrent tests. */
export function tempDir(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return path;
}

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
  readonly remove: () => void;
}

/** The same for `beforeAll` and concurrent tests. The caller disposes of it (`using`). */
export function temporaryDirectory(base = tmpdir()): TemporaryDirectory {
  // Short: the path of a Unix socket has at most 107 bytes.
  const path = mkdtempSync(join(base, "nova-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  return { path, remove, [Symbol.dispose]: remove };
}

/** Root writes only where all parent folders belong to root. /tmp is writable by everybody. */
export const HOST_BASE = process.geteuid?.() === 0 ? "/srv" : tmpdir();

/** A directory with parents that only root may write, for a test that runs as root. */
export function rootOnlyDir(): string {
  const { path, remove } = temporaryDirectory(HOST_BASE);
  onTestFinished(remove);
  return path;
}
