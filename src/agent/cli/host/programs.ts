import { existsSync } from "node:fs";
import { relative } from "node:path";
import { isSea } from "node:sea";
import { fileURLToPath } from "node:url";
import { absolutePath } from "../../../lib/files/absolute-path.ts";

/** How to start one of the two programs from this one, and what a person types to do the same. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** The name decides which of the two programs the single binary runs. */
  readonly argv0: string;
  readonly typed: string;
  /** Variables that make it start faster. */
  readonly environment: Readonly<Record<string, string>>;
}

const AGENT_SOURCE = new URL("../../main.ts", import.meta.url);
const CONTROL_PLANE_SOURCE = new URL("../../../control-plane/main.ts", import.meta.url);
const OWN_NODE = new URL("../../../../node_modules/.bin/node", import.meta.url);
/**
 * Compiling takes half of a start from source. Not in the temporary folder: Node runs what it finds
 * there, and others can write to that folder.
 */
const COMPILED = new URL("../../../../.cache/node-compile", import.meta.url);

/**
 * In a checkout, both programs run from source under this Node. In a package, both are this binary.
 */
export function findPrograms(): { readonly agent: Program; readonly controlPlane: Program } {
  return {
    agent: findProgram("novacula-agent", AGENT_SOURCE),
    controlPlane: findProgram("novacula-control-plane", CONTROL_PLANE_SOURCE),
  };
}

function findProgram(name: string, source: URL): Program {
  const file = process.execPath;
  if (isSea()) {
    return { file, args: [], argv0: name, typed: name, environment: {} };
  }
  const script = fileURLToPath(source);
  const ownNode = fileURLToPath(OWN_NODE);
  const node = existsSync(ownNode) ? shown(ownNode) : "node";
  const environment = { NODE_COMPILE_CACHE: fileURLToPath(COMPILED) };
  return { file, args: [script], argv0: file, typed: `${node} ${shown(script)}`, environment };
}

/** A path as a person would type it: from the current folder if that is shorter. */
export function shown(path: string): string {
  const near = relative(absolutePath("."), path);
  return near === "" || near.length >= path.length ? path : near;
}
