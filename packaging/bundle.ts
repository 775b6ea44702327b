import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { BUNDLE } from "./paths.ts";

const ENTRY = fileURLToPath(new URL("entry.ts", import.meta.url));

/** `readFileSync(new URL("x", import.meta.url), "utf8")`: a file that a program reads from beside its source. */
const READ_BESIDE_SOURCE = /readFileSync\(\s*new URL\("([^"]+)", import\.meta\.url\),\s*"utf8",?\s*\)/gu;

/**
 * Both programs and all of their dependencies as one minified CommonJS file, at `BUNDLE`. CommonJS, because an ES
 * module costs 10 MB more in memory and Node 24 takes no other main script in a single executable.
 * Rejects where a module would still look for a file that the binary does not carry.
 */
export async function bundle(): Promise<void> {
  const build = await rolldown({ input: ENTRY, platform: "node", plugins: [inlineFiles(), plainRequire()] });
  try {
    const { output } = await build.write({
      file: BUNDLE,
      format: "cjs",
      minify: true,
      codeSplitting: false,
      comments: { legal: false },
    });
    const stray = output.find((part) => part.type === "chunk" && part.code.includes("import.meta"));
    if (output.length !== 1 || stray !== undefined)
      throw new Error(
        `the bundle is not one self-contained file: ${output.map((part) => part.fileName).join(", ")}`,
      );
  } finally {
    await build.close();
  }
}

function inlineFiles(): Plugin {
  return {
    name: "inline-files",
    async transform(code, id) {
      if (!code.includes("import.meta.url")) return null;
      const texts = new Map<string, string>();
      for (const [call, path] of code.matchAll(READ_BESIDE_SOURCE))
        if (path !== undefined)
          texts.set(call, JSON.stringify(await readFile(new URL(path, pathToFileURL(id)), "utf8")));
      return { code: code.replaceAll(READ_BESIDE_SOURCE, (call) => texts.get(call) ?? call), map: null };
    },
  };
}

/** @iarna/toml hides a require from browsers' bundlers in an eval, which would keep the minifier from its whole module. */
function plainRequire(): Plugin {
  return {
    name: "plain-require",
    transform(code, id) {
      if (!id.includes("@iarna/toml")) return null;
      return { code: code.replace(`eval("require('util').inspect")`, "require('util').inspect"), map: null };
    },
  };
}
