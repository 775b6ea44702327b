import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory of its own, removed when the test that asked for it has finished. */
export function tempDir(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return path;
}

/** The same where no test runs yet (`beforeAll`): the caller removes it. */
export function temporaryDirectory(): { readonly path: string; readonly remove: () => void } {
  // Short: the path of a Unix socket has at most 107 bytes.
  const path = mkdtempSync(join(tmpdir(), "nova-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
