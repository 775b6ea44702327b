import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../../support/eventually.ts";
import type { Roots } from "./machine-roots.ts";

/** For both releases from a slow mirror, beside all tests of programs. */
const WAIT_MS = 1_800_000;

/** Leaves the roots, or why there are none, in `folder` for `comingRoots`. Never rejects. */
export async function leaveRoots(folder: string, making: Promise<Roots>): Promise<void> {
  await making.then(
    (roots) => leave(join(folder, "roots"), JSON.stringify(roots)),
    (error: unknown) => leave(join(folder, "failed"), String(error)),
  );
}

/**
 * Resolves with the roots that the process of the test runner makes while other tests run. Rejects
 * with its reason if it fails.
 */
export async function comingRoots(folder: string): Promise<Roots> {
  const [roots, failed] = [join(folder, "roots"), join(folder, "failed")];
  await eventually(() => existsSync(roots) || existsSync(failed), {
    timeoutMs: WAIT_MS,
    describe: "the roots of the machines are made",
  });
  if (existsSync(failed)) {
    throw new Error(`no machine can be made: ${readFileSync(failed, "utf8")}`);
  }
  return JSON.parse(readFileSync(roots, "utf8"));
}

/** Appears as a whole. */
function leave(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
