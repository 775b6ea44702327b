import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Plugin } from "rolldown";
import { inCheckout } from "./paths.ts";

const BUILT_PAGE = "/src/control-plane/page/built-page.ts";

/**
 * Puts the page into the binary: replaces the module that reads the folder by one with its files.
 */
export function embedPage(directory = inCheckout("dist/page")): Plugin {
  return {
    name: "embed-page",
    load(id) {
      if (!id.endsWith(BUILT_PAGE)) {
        return null;
      }
      if (!existsSync(join(directory, "index.html"))) {
        this.warn("the page is not built, so the binary has none. Fix: npm run build");
      }
      return `import { embeddedPage } from "./page-assets.ts";
        export const builtPage = () => embeddedPage(${JSON.stringify(filesIn(directory))});`;
    },
  };
}

/** The files in base64, by their path below the directory. */
function filesIn(directory: string): Record<string, string> {
  if (!existsSync(directory)) {
    return {};
  }
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(directory, path), readFileSync(path, "base64")]));
}
