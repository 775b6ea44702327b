import { hash } from "node:crypto";
import { errorCode } from "../../lib/errors.ts";
import { writeFailure } from "../../lib/files/write-failure.ts";
import { printable } from "../../lib/printable.ts";
import { portsOf } from "../../protocol/chains/ports.ts";
import { checkDowngrades } from "../../protocol/chains/version-order.ts";
import type { NodeSpec } from "../../protocol/nodes/node-spec.ts";
import { type Activity, type PlannedPort, UNKNOWN_HASH, type WantedProcess } from "./decide/planned-node.ts";
import type { UnitState } from "./decide/unit-state.ts";
import { type Applied, type AppliedProcess, appliedTo, type Written } from "./host/applied.ts";
import { contentHash, filesOf, type ProcessFiles } from "./host/node-folder.ts";
import { isChangedSince, type UnitTemplate } from "./host/unit-template.ts";
import type { Rendered } from "./render/render-node.ts";

/** What is written before a process starts with this spec. */
export function writtenOf(files: ProcessFiles, version: string, spec: NodeSpec): Written {
  const all = filesOf(files);
  const content = contentHash(all);
  return {
    hash: hash("sha256", `${content} ${version}`, "hex"),
    content,
    files: all.map(({ name }) => name),
    revision: spec.revision,
    generation: spec.restartGeneration,
    version,
  };
}

interface Seen {
  readonly state: UnitState;
  readonly activity: Activity;
  readonly onDisk: string | undefined;
  readonly template: UnitTemplate | undefined;
  readonly written: Written | undefined;
}

/**
 * A process that runs with another invocation than the one on record was started with what is on
 * disk, if that is still what the agent wrote. Without any record, files that are as they should be
 * are enough. Otherwise nobody knows what it was started with: it goes on, and an order that is
 * newer than `spec` restarts it.
 */
export function adopted(applied: AppliedProcess, spec: NodeSpec, seen: Seen): AppliedProcess {
  const { state, activity, onDisk, written } = seen;
  const template = state.needsDaemonReload ? "" : (seen.template?.hash ?? "");
  const { invocationId } = state;
  if (activity !== "up" || invocationId === undefined || applied.started?.invocationId === invocationId) {
    return applied;
  }
  const isLost = applied.written === null && applied.started === null;
  const now = isLost && written !== undefined && onDisk === written.content ? written : applied.written;
  if (now !== null && onDisk === now.content) {
    return { ...applied, written: now, started: { ...now, invocationId, template } };
  }
  const { revision, restartGeneration: generation } = spec;
  const unknown = {
    hash: UNKNOWN_HASH,
    content: UNKNOWN_HASH,
    files: [],
    revision,
    generation,
    version: "",
  };
  return { ...applied, started: { ...unknown, invocationId, template } };
}

/**
 * Whether the process that runs was started from an older unit template, or with files that this
 * release writes differently, though its order is the same. A restart applies the difference. If no
 * template is on record, every one that came after the start counts as another.
 */
export function isOutdated(
  { started }: AppliedProcess,
  runsWith: Written | undefined,
  wanted: WantedProcess,
  { template, startedAtMs }: { readonly template: UnitTemplate | undefined } & Pick<UnitState, "startedAtMs">,
  { revision }: NodeSpec,
): boolean {
  if (started === null || runsWith !== started || wanted.kind !== "ready") {
    return false;
  }
  const isRendered = started.hash !== UNKNOWN_HASH && started.revision >= revision;
  return (isRendered && started.hash !== wanted.hash) || isOther(started.template, template, startedAtMs);
}

function isOther(before: string, now: UnitTemplate | undefined, startedAtMs: number | undefined): boolean {
  if (now === undefined || before !== "") {
    return now !== undefined && before !== now.hash;
  }
  return startedAtMs !== undefined && isChangedSince(now, startedAtMs);
}

/** The refusal of a spec with a client that is older than the one that had the data last. */
export function tooOld({ clients }: NodeSpec, applied: Applied): Rendered | undefined {
  const issues = checkDowngrades(clients, (role) => {
    const { written, started } = appliedTo(applied, role);
    return written?.version || started?.version || undefined;
  });
  return issues.length === 0 ? undefined : { kind: "bad_spec", issues };
}

/** What the process that runs, or the next start, is with, as far as that is known. */
export function startedWith(
  { started, written }: AppliedProcess,
  { invocationId }: UnitState,
  activity: Activity,
  asWritten: boolean,
): Written | undefined {
  if (activity === "up") {
    return started?.invocationId === invocationId ? (started ?? undefined) : undefined;
  }
  return asWritten ? (written ?? undefined) : undefined;
}

/** A process as its spec wants it, or why that cannot be had. */
export function wantedOf(
  rendered: Rendered | undefined,
  written: Written | undefined,
  spec: NodeSpec,
  role: string,
): WantedProcess {
  if (rendered?.kind === "bad_spec") {
    const [first, ...others] = rendered.issues;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    const place = first === undefined ? "" : `${first.place}: ${first.message}`;
    return { kind: "problem", problem: "bad_spec", reason: printable(`${place}${more}`, 300) };
  }
  if (rendered?.kind === "binary_missing") {
    const { client, version, looked } = rendered;
    const reason = `${client} ${version} is not on this host. It was looked for at: ${looked.join(", ")}. Fix: install it there.`;
    return { kind: "problem", problem: "binary_missing", reason: printable(reason, 300) };
  }
  return { kind: "ready", hash: written?.hash ?? "", ports: portsFor(spec, role) };
}

function portsFor(spec: NodeSpec, role: string): readonly PlannedPort[] {
  return portsOf(spec)
    .filter((each) => each.role === role)
    .flatMap(({ port, protocol }) =>
      (["tcp", "udp"] as const)
        .filter((each) => protocol === "both" || protocol === each)
        .map((each) => ({ port, protocol: each })),
    );
}

const MEBIBYTE = 1024 ** 2;
/** The hand takes no number with more digits. */
const MOST = 999_999_999_999_999;

/**
 * `MemoryHigh=… MemoryMax=… CPUQuota=…`, or nothing without limits. The kernel reclaims memory from
 * nine tenths on, and kills only at the limit.
 */
export function limitsOf({ limits }: Pick<NodeSpec, "limits">, role: string): string {
  const { memoryBytes = null, cpuMillis = null } = limits.find((each) => each.role === role) ?? {};
  if (memoryBytes === null && cpuMillis === null) {
    return "";
  }
  const most = memoryBytes === null ? "none" : Math.min(MOST, Math.max(MEBIBYTE, memoryBytes));
  const high = most === "none" ? "none" : Math.floor(most * 0.9);
  const quota = cpuMillis === null ? "none" : Math.max(1, Math.round(cpuMillis / 10));
  return `MemoryHigh=${high} MemoryMax=${most} CPUQuota=${quota}`;
}

/** Why a node's folder cannot be used, as sentences. */
export function folderProblem(error: unknown, folder: string): WantedProcess & { readonly kind: "problem" } {
  const code = errorCode(error) ?? "unknown";
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const { problem, fix } = writeFailure(`${folder}/applied.json`, error, "novacula-agent");
  const how = isFull ? "free space on it." : fix.replaceAll("\n", " ");
  const reason = `${folder} cannot be written: ${problem}. Fix: ${how}`;
  return { kind: "problem", problem: isFull ? "disk_low" : "bad_spec", reason: printable(reason, 300) };
}
