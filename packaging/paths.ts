import { fileURLToPath } from "node:url";

function inCheckout(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** Where the build finds and leaves things. */
export const CHECKOUT = inCheckout("");
export const DIST = inCheckout("dist");
export const BUNDLE = inCheckout("dist/novacula.cjs");
/** Both programs; which one it is depends on the name that it is called by. */
export const EXECUTABLE = inCheckout("dist/novacula-agent");
