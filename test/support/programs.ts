import { join } from "node:path";
import { ROOT } from "./source-files.ts";

/** Names the folder of the bundled programs (programs-setup.ts). Without it they run from source. */
export const BUNDLES = "NOVACULA_TEST_BUNDLES";

export const AGENT = program("agent");
export const CONTROL_PLANE = program("control-plane");

/** What Node runs: the bundle, or the source where there is none. */
function program(name: "agent" | "control-plane"): string {
  const folder = process.env[BUNDLES];
  return folder === undefined ? join(ROOT, "src", name, "main.ts") : join(folder, `${name}.cjs`);
}
