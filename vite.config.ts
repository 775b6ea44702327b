import { defineConfig } from "vite";

/** Builds the page into dist/page, which the control plane serves unchanged. */
export default defineConfig({
  root: "src/page",
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
  },
});
