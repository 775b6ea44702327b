import * as z from "zod";
import type { Clock } from "../../../lib/clock.ts";
import { VERSION } from "../../../lib/version.ts";
import type { ExecutorProcess } from "../../../protocol/sync.ts";
import type { Entry } from "../../journal/entry.ts";
import { isHere } from "../narration/duplicates.ts";
import { adviseRefusal, codeOf, refusedKeyOf } from "../narration/refusal-advice.ts";
import { changeLabel, problemText, refusedChange } from "../narration/wording.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { candidate, type Rotation, running } from "../rotation/rotation.ts";
import { conditionOf, conditionSchema } from "./condition.ts";
import { type NodesStatus, nodeState, problemOfNode } from "./nodes-status.ts";
import { describeState, duplicatesOf, withDuplicates } from "./state-words.ts";

const moment = z.iso.datetime().nullable().describe("ISO 8601, UTC; null: never");

/** What `status --json` prints, and GET /status of the control socket answers. */
export const agentStatusSchema = z
  .object({
    state: z
      .enum([
        "connecting",
        "online",
        "unreachable",
        "key-refused",
        "forbidden",
        "key-unusable",
        "config-invalid",
      ])
      .describe("State of the executor's connection to the control plane"),
    since: moment.describe("When the state began"),
    reason: z.string().describe("What the state is, why, and what to do"),
    executor: z.string().nullable(),
    controlPlane: z.string().nullable().describe("URL"),
    organization: z.object({ id: z.string(), name: z.string() }).nullable(),
    key: z
      .object({
        fingerprint: z.string().describe("8 hex digits of the key's SHA-256"),
        id: z.string().nullable(),
        name: z.string().nullable(),
        source: z.string().describe("File; with the line if it is agent.toml"),
        endsAt: moment.describe("Expiry, or end of a rotation's grace period"),
      })
      .nullable()
      .describe("The key in use"),
    lastAcceptedAt: moment,
    lastAttemptAt: moment,
    nextAttemptAt: moment,
    attempts: z.number().int().describe("Syncs since the state began"),
    pendingChange: z
      .object({
        fingerprint: z.string().nullable().describe("Of the new key; null if the file has no usable one"),
        state: z.enum(["trying", "refused", "unreachable", "unusable"]),
        reason: z.string(),
      })
      .nullable()
      .describe("A change in the files that is not in use; null: none"),
    nodes: z
      .array(
        z.object({
          name: z.string(),
          state: z.string().describe("running, syncing, starting, stopped, error, kept or waiting"),
          problem: z.string().nullable().describe("What is wrong with it, and what to do; null: nothing"),
        }),
      )
      .describe("The nodes of this host; details: novacula-agent nodes"),
    duplicates: z
      .array(
        z.object({
          hostName: z.string(),
          address: z.string().nullable(),
          pid: z.number().int().nullable().describe("null: that process does not say"),
          unit: z.string().nullable().describe("The systemd service that it runs in; null: none, or unknown"),
          isOnThisHost: z.boolean(),
          lastSyncAt: moment,
        }),
      )
      .describe("Other processes that sync as this executor; normally none"),
    conditions: z
      .array(conditionSchema)
      .describe("What is wrong with the agent itself, and lasts; normally nothing"),
    configPath: z.string(),
    dataDir: z.string().describe("The agent's data_dir; no other agent uses it"),
    pid: z.number().int(),
    version: z.string(),
    startedAt: moment,
  })
  .describe("The state of a running novacula-agent");

export type AgentStatus = z.infer<typeof agentStatusSchema>;

interface StatusContext {
  readonly configPath: string;
  readonly dataDir: string;
  readonly startedAt: number;
  readonly pid: number;
  /** This process, as the control plane knows it. */
  readonly self: ExecutorProcess | undefined;
  readonly clock: Clock;
  readonly nodes: NodesStatus;
  /** Those that are not of the nodes. */
  readonly conditions: readonly Entry[];
}

export function agentStatus(rotation: Rotation, context: StatusContext): AgentStatus {
  const { clock } = context;
  const iso = (at: number | undefined) => (at === undefined ? null : isoTime(clock.wall(at)));
  const state = running(rotation);
  const sync = state?.sync;
  return {
    state: stateOf(rotation, state),
    since: iso(sync?.since ?? rotation.problem?.since ?? context.startedAt),
    reason: withDuplicates(describeState(rotation, clock), rotation, context.self),
    executor: state?.generation.config.agent.name ?? null,
    controlPlane: state?.generation.config.controlPlane.url ?? null,
    organization:
      sync?.kind === "online" ? { id: sync.reply.organization.id, name: sync.reply.organization.name } : null,
    key: state === undefined ? null : keyStatus(state),
    lastAcceptedAt: iso(state?.acceptedAt),
    lastAttemptAt: iso(state?.attemptedAt),
    nextAttemptAt: iso(state?.nextAt),
    attempts: sync === undefined || sync.kind === "connecting" ? 0 : sync.attempts,
    pendingChange: pendingChange(rotation, clock),
    nodes: context.nodes.nodes.map((node) => ({
      name: node.name,
      state: nodeState(node),
      problem: problemOfNode(node),
    })),
    duplicates: duplicatesOf(state).map((other) => ({
      hostName: other.hostName,
      address: other.address,
      pid: other.process?.pid ?? null,
      unit: other.process?.unit ?? null,
      isOnThisHost: isHere(other, context.self),
      lastSyncAt: isoTime(other.lastSyncAt),
    })),
    conditions: [...context.conditions.map(conditionOf), ...context.nodes.conditions],
    configPath: context.configPath,
    dataDir: context.dataDir,
    pid: context.pid,
    version: VERSION,
    startedAt: iso(context.startedAt),
  };
}

function stateOf(rotation: Rotation, state: GenerationState | undefined): AgentStatus["state"] {
  if (state !== undefined) {
    return state.sync.kind;
  }
  return rotation.problem?.kind === "key-unusable" ? "key-unusable" : "config-invalid";
}

function keyStatus(state: GenerationState): NonNullable<AgentStatus["key"]> {
  return {
    fingerprint: state.generation.key.fingerprint,
    id: state.keyId ?? null,
    name: state.keyName ?? null,
    source: state.generation.keySource,
    endsAt: state.keyEndsAt === undefined ? null : isoTime(state.keyEndsAt),
  };
}

/** null if no calendar has the moment: a control plane may send any number. */
function isoTime(wallMs: number): string | null {
  const at = new Date(wallMs);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function pendingChange(rotation: Rotation, clock: Clock): AgentStatus["pendingChange"] {
  if (rotation.problem !== undefined) {
    return { fingerprint: null, state: "unusable", reason: problemText(rotation.problem) };
  }
  const waiting = candidate(rotation);
  if (waiting === undefined) {
    return null;
  }
  const { fingerprint } = waiting.generation.key;
  switch (waiting.sync.kind) {
    case "key-refused":
    case "forbidden": {
      const { why, remedy } = adviseRefusal(waiting.sync.last, refusedKeyOf(waiting), clock);
      return {
        fingerprint,
        state: "refused",
        reason: `${refusedChange(waiting, running(rotation))} (${codeOf(waiting.sync.last, true)}): ${why}. ${remedy}`,
      };
    }
    case "unreachable":
      return { fingerprint, state: "unreachable", reason: waiting.sync.last.detail };
    default:
      return {
        fingerprint,
        state: "trying",
        reason: `The ${changeLabel(waiting, running(rotation))} is being tried.`,
      };
  }
}

/** True if the executor is online with this key. */
export function keyIs(status: AgentStatus, fingerprint: string): boolean {
  return status.state === "online" && status.key?.fingerprint === fingerprint;
}
