import { execFile } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../source-files.ts";

const VITE = join(ROOT, "node_modules/vite/bin/vite.js");

/** vitest's global setup: the page as its sources have it now, in dist/page, where the control plane serves it from. */
export async function setup(): Promise<void> {
  if (isFresh()) {
    return;
  }
  // In a process of its own: vitest's NODE_ENV would make another page than the one that ships. What is there stays,
  // for another run of the tests may be serving it.
  await promisify(execFile)(process.execPath, [VITE, "build", "--emptyOutDir", "false"], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], NODE_ENV: "production" },
  });
}

function isFresh(): boolean {
  const built = statSync(join(ROOT, "dist/page/index.html"), { throwIfNoEntry: false });
  if (built === undefined) {
    return false;
  }
  const sources = globSync(["src/{page,lib,protocol}/**", "vite.config.ts"], { cwd: ROOT });
  return sources.every((path) => statSync(join(ROOT, path)).mtimeMs <= built.mtimeMs);
}
