import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { ROOT } from "./source-files.ts";

/** vitest's global setup: the page as its sources have it now, in dist/page, where the control plane serves it from. */
export async function setup(): Promise<void> {
  if (isFresh()) return;
  await build({
    configFile: join(ROOT, "vite.config.ts"),
    root: join(ROOT, "src/page"),
    logLevel: "error",
    // Another run of the tests may be serving what is there.
    build: { emptyOutDir: false },
  });
}

function isFresh(): boolean {
  const built = statSync(join(ROOT, "dist/page/index.html"), { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = globSync(["src/page/**", "src/lib/printable.ts", "vite.config.ts"], { cwd: ROOT });
  return sources.every((path) => statSync(join(ROOT, path)).mtimeMs <= built.mtimeMs);
}
