import { defineConfig } from "vite";
import { precompress } from "./packaging/precompress.ts";

/** What the first page needs, and what nearly all pages share. */
const FIRST =
  /node_modules|src\/(?:lib|protocol|page\/(?:state|overview|ui\/[^/]+$|api\/(?:answer|client|decode|known|session|auth-op|graphql-op)))/;

/** Builds the page into dist/page, which the control plane serves unchanged. */
export default defineConfig({
  root: "src/page",
  plugins: [{ name: "precompress", writeBundle: ({ dir }) => precompress(dir ?? "dist/page") }],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    // The polyfill is an inline script, which the Content-Security-Policy forbids, and no supported
    // browser needs it.
    modulePreload: { polyfill: false },
    // No data: URLs: as a file an icon is cached like the rest.
    assetsInlineLimit: 0,
    target: "es2023",
    rolldownOptions: {
      output: {
        // What several pages share is one file; each page is another (lazy-page.tsx).
        codeSplitting: {
          groups: [
            { name: "first", test: FIRST, priority: 3 },
            { name: "lists", test: /src\/page\/ui\/list/, priority: 2 },
            { name: "keys", test: /src\/page\/keys\/(?:rotation|[^/]+$)/, priority: 1 },
          ],
        },
      },
    },
  },
});
