import { execFile } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../source-files.ts";

const VITE = join(ROOT, "node_modules/vite/bin/vite.js");

/** Vitest's global setup: builds the page from its sources, for the control plane to serve. */
export async function setup(): Promise<void> {
  if (isFresh()) {
    return;
  }
  // In a process of its own: vitest's NODE_ENV would build another page than the one that ships.
  // Old files stay, because another test run may be serving them.
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
