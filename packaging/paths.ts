import { fileURLToPath } from "node:url";

export function inCheckout(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** Where the build reads and writes. */
export const CHECKOUT = inCheckout("");
export const DIST = inCheckout("dist");
export const AGENT_BUNDLE = inCheckout("dist/novacula-agent.cjs");
export const CONTROL_PLANE_BUNDLE = inCheckout("dist/novacula-control-plane.cjs");
/** The binary of both programs; the name it is called by decides which one runs. */
export const EXECUTABLE = inCheckout("dist/novacula-agent");
