import { basename } from "node:path";
import { setFlagsFromString } from "node:v8";
import { AGENT_V8_FLAGS } from "./v8-flags.ts";

/**
 * The first module of the binary, which holds both programs: it is the control plane where it is called
 * `novacula-control-plane`, the agent under every other name. So one download can show both (`novacula-agent dev`),
 * and neither program imports the other.
 */
if (basename(process.argv0) === "novacula-control-plane") {
  void import("../src/control-plane/main.ts");
} else {
  // Before the agent is compiled, and not in the binary's execArgv: the control plane wants its compilers.
  for (const flag of AGENT_V8_FLAGS) setFlagsFromString(flag);
  void import("../src/main.ts");
}
