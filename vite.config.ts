import { defineConfig } from "vite";

/** Builds the browser page into dist/page, which the control plane serves as it is. */
export default defineConfig({
  root: "src/page",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    // The polyfill is an inline script, which the Content-Security-Policy refuses; every browser that is served has it.
    modulePreload: { polyfill: false },
    // Only files: `data:` is allowed for images, but an icon that is a file is cached like the rest.
    assetsInlineLimit: 0,
    target: "es2023",
  },
});
