import { fileURLToPath } from "node:url";

/**
 * What a program of a test begins with: nothing of the developer's own. Half of a short command's
 * time goes into compiling it, which Node remembers here; where a program may not write, it does
 * not.
 */
export const ENVIRONMENT = {
  PATH: process.env["PATH"],
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../../.cache/node-compile", import.meta.url)),
};
