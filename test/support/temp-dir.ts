import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory of its own, removed when the test that asked for it has finished. Not for tests that run side by side. */
export function tempDir(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return path;
}

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
  readonly remove: () => void;
}

/** The same where no test runs yet (`beforeAll`), or where several do: `using`, or the caller removes it. */
export function temporaryDirectory(base = tmpdir()): TemporaryDirectory {
  // Short: the path of a Unix socket has at most 107 bytes.
  const path = mkdtempSync(join(base, "nova-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  return { path, remove, [Symbol.dispose]: remove };
}

/** For what root writes, only root may write on the whole way there, which is not so of /tmp. */
export const HOST_BASE = process.geteuid?.() === 0 ? "/srv" : tmpdir();

/** A directory on whose whole path only root may write, in a test that runs as root. */
export function rootOnlyDir(): string {
  const { path, remove } = temporaryDirectory(HOST_BASE);
  onTestFinished(remove);
  return path;
}
