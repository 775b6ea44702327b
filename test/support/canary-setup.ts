import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CANARY_FOLDER, searchFolder } from "./canary.ts";

let folder = "";

/**
 * vitest's global setup. It runs before all tests, in the process that starts the others. Where
 * several projects have it, the first one's is for all.
 */
export function setup(): void {
  if (process.env[CANARY_FOLDER] !== undefined) {
    return;
  }
  folder = mkdtempSync(join(tmpdir(), "nova-canary-"));
  process.env[CANARY_FOLDER] = folder;
}

/** After all tests, fails the run if a key is found in any output or file. */
export async function teardown(): Promise<void> {
  if (folder === "") {
    return;
  }
  const { leaks, searched } = await searchFolder(folder);
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`canary: ${searched} outputs and files searched, ${leaks.length} keys found\n`);
  if (leaks.length === 0) {
    return;
  }
  const lines = leaks.map(({ where, fingerprint }) => `  key ${fingerprint} in ${where}`);
  process.stderr.write(`canary: a key got out\n${[...new Set(lines)].join("\n")}\n`);
  process.exitCode = 1;
  throw new Error("a key got out: see the lines of the canary above");
}
