import { readFileSync } from "node:fs";
import { type ProcessKind, processKinds } from "../../protocol/chains/process-kinds.ts";

/** The group that may open the socket of node-hand: the agent's service, and no person. */
export const HAND_GROUP = "novacula-hand";
/** systemd.unit(5): what an administrator has enabled. One link for each process that is to run. */
export const ENABLED_NODES = "/etc/systemd/system/novacula-nodes.target.wants";
/** The units that are enabled when they are installed. */
export const NODE_UNITS = ["novacula-nodes.target", "novacula-nodes.socket"] as const;

/** Where the files that nodes need are. node-hand knows both places, and no third. */
export interface NodePlace {
  readonly units: string;
  readonly programs: string;
}
export const PACKAGED_NODES: NodePlace = { units: "/usr/lib/systemd/system", programs: "/usr/lib/novacula" };
export const INSTALLED_NODES: NodePlace = {
  units: "/etc/systemd/system",
  programs: "/usr/local/lib/novacula",
};

export interface NodeFile {
  readonly path: string;
  readonly text: string;
  readonly mode: 0o644 | 0o755;
}

const TEMPLATE = readFileSync(new URL("../../../systemd/node@.service", import.meta.url), "utf8");
const TARGET = readFileSync(new URL("../../../systemd/novacula-nodes.target", import.meta.url), "utf8");
const SOCKET = readFileSync(new URL("../../../systemd/novacula-nodes.socket", import.meta.url), "utf8");
const REQUEST = readFileSync(new URL("../../../systemd/novacula-nodes@.service", import.meta.url), "utf8");
const HAND = readFileSync(new URL("../../../packaging/nodes/node-hand", import.meta.url), "utf8");
const START = readFileSync(new URL("../../../packaging/nodes/node-start", import.meta.url), "utf8");
const WAIT = readFileSync(new URL("../../../packaging/nodes/node-wait", import.meta.url), "utf8");

/** The units and programs that start, stop and confine nodes: what novacula-nodes consists of. */
export function nodeFiles(place: NodePlace, kinds: readonly ProcessKind[] = processKinds()): NodeFile[] {
  const unit = (name: string, text: string): NodeFile => ({
    path: `${place.units}/${name}`,
    text: filled(text, { LIB: place.programs }),
    mode: 0o644,
  });
  const program = (name: string, text: string, mode: NodeFile["mode"]): NodeFile => ({
    path: `${place.programs}/${name}`,
    text,
    mode,
  });
  return [
    program("kinds", kinds.map(({ kind }) => `${kind}\n`).join(""), 0o644),
    program("node-hand", HAND, 0o755),
    program("node-start", START, 0o755),
    program("node-wait", WAIT, 0o755),
    ...kinds.map((kind) => unit(`${kind.kind}@.service`, nodeTemplate(kind))),
    unit("novacula-nodes.target", TARGET),
    unit("novacula-nodes.socket", SOCKET),
    unit("novacula-nodes@.service", REQUEST),
  ];
}

function nodeTemplate(kind: ProcessKind): string {
  return filled(TEMPLATE.replace(/^#.*\n/u, ""), {
    TITLE: kind.title,
    ROLE: kind.role,
    STOP_TIMEOUT: String(kind.stopTimeoutSecs),
    KILL_SIGNAL: kind.killSignal,
    OPEN_FILES: String(kind.openFiles),
    MEMORY_DENY_WRITE_EXECUTE: kind.compilesAtRunTime
      ? "# MemoryDenyWriteExecute= is missing on purpose: such a client compiles at run time."
      : "MemoryDenyWriteExecute=yes",
  });
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/@([A-Z_]+)@/gu, (whole, name: string) => values[name] ?? whole);
}
