import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { embedPage } from "./embed-page.ts";
import { leanUndici, UNDICI_AS_NODE_HAS_IT } from "./lean-undici.ts";
import { AGENT_BUNDLE, CHECKOUT, CONTROL_PLANE_BUNDLE, inCheckout } from "./paths.ts";
import { runTool } from "./run-tool.ts";

/**
 * `readFileSync(new URL("x", import.meta.url), "utf8")`: a program reads a file beside its source.
 */
const READ_BESIDE_SOURCE = /readFileSync\(\s*new URL\("([^"]+)", import\.meta\.url\),\s*"utf8",?\s*\)/gu;

/**
 * Bundles each program with its dependencies into one minified CommonJS file. CommonJS, because an
 * ES module costs 10 MB more memory, and the main script of a single executable must be CommonJS in
 * Node 24. Two files, because the text of a program stays in memory for as long as it runs.
 * Rejects if a module would still look for a file that the binary does not carry.
 */
export async function bundlePrograms(): Promise<void> {
  const commit = await currentCommit();
  await bundle(inCheckout("packaging/entry.ts"), AGENT_BUNDLE, commit);
  await bundle(inCheckout("src/control-plane/main.ts"), CONTROL_PLANE_BUNDLE, commit);
}

/**
 * `abc1234`, or `abc1234-dirty` with changes that are not committed; `unknown` without a
 * repository.
 */
async function currentCommit(): Promise<string> {
  const args = ["-C", CHECKOUT, "describe", "--always", "--dirty", "--abbrev=7", "--exclude=*"];
  return await runTool("git", args).then(
    (text) => text.trim(),
    () => "unknown",
  );
}

async function bundle(input: string, file: string, commit: string): Promise<void> {
  const plugins = [embedPage(), inlineFiles(), plainRequire(), leanUndici(), plainLetters()];
  const build = await rolldown({
    input,
    platform: "node",
    plugins,
    transform: { define: { ...UNDICI_AS_NODE_HAS_IT, NOVACULA_COMMIT: JSON.stringify(commit) } },
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

/**
 * @iarna/toml hides a require from bundlers for browsers in an eval. Because of the eval the
 * minifier would leave the whole module alone.
 */
export function plainRequire(): Plugin {
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

/**
 * Escapes letters beyond Latin-1: with a single one V8 keeps two bytes for every letter of a text.
 */
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
