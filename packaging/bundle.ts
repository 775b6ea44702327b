import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { embedPage } from "./embed-page.ts";
import { leanUndici, UNDICI_AS_NODE_HAS_IT } from "./lean-undici.ts";
import { AGENT_BUNDLE, CONTROL_PLANE_BUNDLE, inCheckout } from "./paths.ts";

/** `readFileSync(new URL("x", import.meta.url), "utf8")`: a file that a program reads from beside its source. */
const READ_BESIDE_SOURCE = /readFileSync\(\s*new URL\("([^"]+)", import\.meta\.url\),\s*"utf8",?\s*\)/gu;

/**
 * Each program with all of its dependencies as one minified CommonJS file. CommonJS, because an ES module costs 10 MB
 * more in memory and Node 24 takes no other main script in a single executable; two files, because a program's text
 * stays in its memory for as long as it runs.
 * Rejects where a module would still look for a file that the binary does not carry.
 */
export async function bundlePrograms(): Promise<void> {
  await bundle(inCheckout("packaging/entry.ts"), AGENT_BUNDLE);
  await bundle(inCheckout("src/control-plane/main.ts"), CONTROL_PLANE_BUNDLE);
}

async function bundle(input: string, file: string): Promise<void> {
  const plugins = [embedPage(), inlineFiles(), plainRequire(), leanUndici(), plainLetters()];
  const build = await rolldown({
    input,
    platform: "node",
    plugins,
    transform: { define: UNDICI_AS_NODE_HAS_IT },
  });
  try {
    const { output } = await build.write({
      file,
      format: "cjs",
      minify: true,
      codeSplitting: false,
      comments: { legal: false },
    });
    const stray = output.find((part) => part.type === "chunk" && part.code.includes("import.meta"));
    if (output.length !== 1 || stray !== undefined) {
      throw new Error(`${file} is not self-contained: ${output.map((part) => part.fileName).join(", ")}`);
    }
  } finally {
    await build.close();
  }
}

function inlineFiles(): Plugin {
  return {
    name: "inline-files",
    async transform(code, id) {
      if (!code.includes("import.meta.url")) {
        return null;
      }
      const texts = new Map<string, string>();
      for (const [call, path] of code.matchAll(READ_BESIDE_SOURCE)) {
        if (path !== undefined) {
          texts.set(call, JSON.stringify(await readFile(new URL(path, pathToFileURL(id)), "utf8")));
        }
      }
      return { code: code.replaceAll(READ_BESIDE_SOURCE, (call) => texts.get(call) ?? call), map: null };
    },
  };
}

/** @iarna/toml hides a require from browsers' bundlers in an eval, which would keep the minifier from its whole module. */
function plainRequire(): Plugin {
  return {
    name: "plain-require",
    transform(code, id) {
      if (!id.includes("@iarna/toml")) {
        return null;
      }
      return { code: code.replace(`eval("require('util').inspect")`, "require('util').inspect"), map: null };
    },
  };
}

/** V8 keeps a text with a single letter beyond Latin-1 at two bytes for each of its letters. */
function plainLetters(): Plugin {
  return {
    name: "plain-letters",
    generateBundle(_options, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type !== "chunk") {
          continue;
        }
        part.code = part.code.replaceAll(/[^\0-\x7f]/gu, (letter) =>
          Array.from(
            letter.split(""),
            (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
          ).join(""),
        );
      }
    },
  };
}
