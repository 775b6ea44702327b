import { fileURLToPath } from "node:url";

export function inCheckout(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** Where the build finds and leaves things. */
export const CHECKOUT = inCheckout("");
export const DIST = inCheckout("dist");
export const AGENT_BUNDLE = inCheckout("dist/novacula-agent.cjs");
export const CONTROL_PLANE_BUNDLE = inCheckout("dist/novacula-control-plane.cjs");
/** Both programs; which one it is depends on the name that it is called by. */
export const EXECUTABLE = inCheckout("dist/novacula-agent");
