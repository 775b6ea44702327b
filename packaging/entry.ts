import { createRequire } from "node:module";
import { basename } from "node:path";
import { getAsset } from "node:sea";
import { setFlagsFromString, stopCoverage } from "node:v8";
import { compileFunction, constants } from "node:vm";
import { CONTROL_PLANE_ASSET } from "./assets.ts";
import { AGENT_V8_FLAGS } from "./v8-flags.ts";

/**
 * The first module of the binary, which holds both programs: it is the control plane where it is called
 * `novacula-control-plane`, the agent under every other name. So one download can show both (`novacula-agent dev`),
 * and neither program imports the other.
 */

// Of NODE_V8_COVERAGE, nothing is written: Node has begun to collect by now.
stopCoverage();
if (basename(process.argv0) === "novacula-control-plane") {
  runControlPlane();
} else {
  // Before the agent is compiled, and not in the binary's execArgv: the control plane wants its compilers.
  for (const flag of AGENT_V8_FLAGS) {
    setFlagsFromString(flag);
  }
  void import("../src/agent/main.ts");
}

/** Its text is beside the agent's, not in it: an agent would keep 1.5 MB in memory that it never runs. */
function runControlPlane(): void {
  const run = compileFunction(
    getAsset(CONTROL_PLANE_ASSET, "utf8"),
    ["exports", "require", "module", "__filename", "__dirname"],
    { filename: CONTROL_PLANE_ASSET, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
  );
  const module = { exports: {} };
  run(module.exports, createRequire(process.execPath), module, process.execPath, "");
}
