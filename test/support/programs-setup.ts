import { globSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { plainRequire } from "../../packaging/bundle.ts";
import { leanUndici, UNDICI_AS_NODE_HAS_IT } from "../../packaging/lean-undici.ts";
import { BUNDLES } from "./programs.ts";
import { ROOT } from "./source-files.ts";

const FOLDER = join(ROOT, ".cache/programs");
const SOURCES = ["src/{agent,control-plane,lib,protocol}/**/*.*", "packaging/*.ts", "package-lock.json"];

/**
 * Vitest's global setup: bundles the two programs, with the packages that they use. A program of the
 * tests starts three times as fast as from its source, and does the same: each module keeps the
 * address that it has there.
 */
export async function setup(): Promise<void> {
  for (const name of ["agent", "control-plane"]) {
    const file = join(FOLDER, `${name}.cjs`);
    if (!isFresh(file)) {
      await bundle(join(ROOT, `src/${name}/main.ts`), file);
    }
  }
  process.env[BUNDLES] = FOLDER;
}

function isFresh(file: string): boolean {
  const built = statSync(file, { throwIfNoEntry: false });
  const sources = globSync([...SOURCES, "test/support/programs-setup.ts"], { cwd: ROOT });
  return sources.every((path) => statSync(join(ROOT, path)).mtimeMs <= (built?.mtimeMs ?? 0));
}

/** The file appears as a whole: another run of the tests may use the old one. */
async function bundle(input: string, file: string): Promise<void> {
  const define = { ...UNDICI_AS_NODE_HAS_IT };
  const plugins = [addressOfSource(), plainRequire(), leanUndici()];
  const build = await rolldown({ input, platform: "node", plugins, transform: { define } });
  try {
    await build.write({ file: `${file}.${process.pid}`, format: "cjs", codeSplitting: false });
    renameSync(`${file}.${process.pid}`, file);
  } finally {
    await build.close();
  }
}

function addressOfSource(): Plugin {
  return {
    name: "address-of-source",
    transform(code, id) {
      const address = JSON.stringify(pathToFileURL(id).href);
      return code.includes("import.meta.url")
        ? { code: code.replaceAll("import.meta.url", address), map: null }
        : null;
    },
  };
}
