import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isSea } from "node:sea";
import { fileURLToPath } from "node:url";

/** How one of the two programs is started from this one, and what a person types to do the same. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** The single binary is the program that it is called by. */
  readonly argv0: string;
  readonly typed: string;
}

/** From a checkout, the sources under this very Node; from the packaged binary, the binary itself. */
export function findPrograms(): { readonly agent: Program; readonly controlPlane: Program } {
  return {
    agent: findProgram("novacula-agent", "main.ts"),
    controlPlane: findProgram("novacula-control-plane", "control-plane/main.ts"),
  };
}

function findProgram(name: string, source: string): Program {
  const file = process.execPath;
  if (isSea()) {
    return { file, args: [], argv0: name, typed: name };
  }
  const sources = dirname(dirname(fileURLToPath(import.meta.url)));
  const script = join(sources, source);
  const ownNode = join(dirname(sources), "node_modules", ".bin", "node");
  const node = existsSync(ownNode) ? shown(ownNode) : "node";
  return { file, args: [script], argv0: file, typed: `${node} ${shown(script)}` };
}

/** A path as one would type it from here. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("../../../..") ? path : near;
}
