import { createRequire } from "node:module";
import { basename } from "node:path";
import { getAsset } from "node:sea";
import { setFlagsFromString, stopCoverage } from "node:v8";
import { compileFunction, constants } from "node:vm";
import { CONTROL_PLANE_ASSET } from "./assets.ts";
import { AGENT_V8_FLAGS } from "./v8-flags.ts";

/**
 * The first module of the binary, which holds both programs. Called `novacula-control-plane` it is
 * the control plane, under every other name the agent. So one download runs both (`novacula-agent
 * dev`), and neither program imports the other.
 */

// Node has begun to collect coverage if NODE_V8_COVERAGE is set; this keeps it from writing any.
stopCoverage();
if (basename(process.argv0) === "novacula-control-plane") {
  runControlPlane();
} else {
  // Set before the agent is compiled. Not in the binary's execArgv, because the control plane needs
  // the compilers that these flags switch off.
  for (const flag of AGENT_V8_FLAGS) {
    setFlagsFromString(flag);
  }
  void import("../src/agent/main.ts");
}

/**
 * Loads its text from an asset. In the agent's own text it would cost every agent 1.5 MB of memory.
 */
function runControlPlane(): void {
  const run = compileFunction(
    getAsset(CONTROL_PLANE_ASSET, "utf8"),
    ["exports", "require", "module", "__filename", "__dirname"],
    { filename: CONTROL_PLANE_ASSET, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
  );
  const module = { exports: {} };
  run(module.exports, createRequire(process.execPath), module, process.execPath, "");
}
