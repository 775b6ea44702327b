import { join } from "node:path";
import * as z from "zod";
import type { Clock } from "../../../lib/clock.ts";
import type { AccessProblem } from "../../../lib/files/access-problem.ts";
import { type AtomicFileOptions, writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { writeFailure } from "../../../lib/files/write-failure.ts";
import { withoutSecrets } from "../../../lib/log/secret-guard.ts";
import { printable } from "../../../lib/printable.ts";
import { machineHash } from "../../../lib/systemd/machine-hash.ts";
import { readBoundedFile } from "../../config/file/read-file.ts";
import type { AgentConfig } from "../../config/schema/agent-config.ts";
import { MAX_MARKED_ORIGINS } from "../../sync/answer/origin-marks.ts";
import type { KnownOrganization } from "../../sync/answer/sync-outcome.ts";
import type { GenerationState, KeyMemory } from "../rotation/generation-state.ts";
import { newerThan } from "./newer-key.ts";

const KEYS_KEPT = 8;
const LONGEST_ORIGIN = 512;

/**
 * `<data_dir>/state.json`: what the agent knows across restarts. Fingerprints and times (epoch ms),
 * never a key.
 */
const memorySchema = z.object({
  format: z.literal(1),
  keys: z.array(
    z.object({
      /**
       * The control plane that gave the verdict: for another one, the past of a key means nothing.
       */
      url: z.string(),
      fingerprint: z.string(),
      verdict: z.enum(["accepted", "refused"]),
      acceptedAt: z.number().optional(),
      keyId: z.string().optional(),
      keyName: z.string().optional(),
      keyEndsAt: z.number().optional(),
      restartSpreadMs: z.number().optional(),
    }),
  ),
  /**
   * The organization that this host belongs to, by control plane URL. The control plane refuses a
   * key of another one.
   */
  organizations: z.array(
    z.object({ url: z.string(), id: z.string(), name: z.string(), slug: z.string().optional() }),
  ),
  /**
   * The name with which the executor was first accepted without `agent.name`, and on which
   * machine: a clone of this host is another one. Damage here costs nothing else.
   */
  executor: z
    .object({ name: z.string().min(1).max(63), machine: z.string().max(64) })
    .optional()
    .catch(undefined),
  /**
   * The origins whose control plane marks its answers (sync/answer/origin-marks.ts), newest first.
   * Damage here costs nothing else.
   */
  markedOrigins: z
    .array(z.string().max(LONGEST_ORIGIN).refine(isOrigin))
    .max(MAX_MARKED_ORIGINS)
    .default([])
    .catch([]),
});

export type Memory = z.infer<typeof memorySchema>;

const EMPTY: Memory = { format: 1, keys: [], organizations: [], markedOrigins: [] };

function isOrigin(text: string): boolean {
  return URL.parse(text)?.origin === text;
}

function statePath(dataDir: string): string {
  return join(dataDir, "state.json");
}

/** A missing or damaged file is an empty memory: it only makes sentences more precise. */
export async function readMemory(dataDir: string): Promise<Memory> {
  return (await recall(dataDir)).memory;
}

/** What is remembered, and what of it was lost: a sentence; undefined: nothing. */
export async function recall(
  dataDir: string,
): Promise<{ readonly memory: Memory; readonly lost: string | undefined }> {
  const path = statePath(dataDir);
  const read = await readBoundedFile(path);
  if (read.kind === "unreadable") {
    return {
      memory: EMPTY,
      lost: read.code === "ENOENT" ? undefined : lossOf(path, read.problem, ALL, UNREAD),
    };
  }
  try {
    const written: unknown = JSON.parse(new TextDecoder().decode(read.bytes));
    const memory = memorySchema.parse(written);
    const parts = PARTS.filter(([name]) => isDropped(written, memory, name)).map(([, what]) => what);
    return { memory, lost: parts.length === 0 ? undefined : lossOf(path, "is damaged in part", parts) };
  } catch {
    return { memory: EMPTY, lost: lossOf(path, "is damaged", ALL) };
  }
}

const NAME = "the name of the executor";
const PARTS = [
  ["executor", NAME],
  ["markedOrigins", "which control planes mark their answers"],
] as const;
const ALL = ["when each key was last accepted", "the organization", ...PARTS.map(([, what]) => what)];

/** Whether the schema left out what is written there. */
function isDropped(written: unknown, memory: Memory, name: (typeof PARTS)[number][0]): boolean {
  const found = z.looseObject({ [name]: z.unknown() }).safeParse(written).data?.[name];
  const kept = memory[name];
  return (
    found !== undefined &&
    (kept === undefined || (Array.isArray(kept) && kept.length === 0 && !isEmpty(found)))
  );
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

const DAMAGED =
  "Nothing is to be done: it learns that again from the control plane, and writes the file anew.";
const UNREAD =
  "It learns that again from the control plane. If it cannot write the file either, state.unwritable says what to do.";

function lossOf(path: string, problem: string, parts: readonly string[], then = DAMAGED): string {
  const forgotten = new Intl.ListFormat("en").format(parts);
  const name = parts.includes(NAME)
    ? " If this host was renamed and agent.name is not set, set it to the earlier name."
    : "";
  return `${printable(path, 4096)} ${problem}, so the agent has forgotten ${forgotten}. ${then}${name}`;
}

/** Resolves with the reason if it could not be written, as a clause that begins with its path. */
export async function writeMemory(dataDir: string, memory: Memory): Promise<AccessProblem | undefined> {
  const path = statePath(dataDir);
  try {
    await inTime(path, (signal) =>
      // A late write must not replace a newer one.
      storeMemory(dataDir, memory, { beforeRename: async () => signal.throwIfAborted() }),
    );
    return undefined;
  } catch (error) {
    const { problem, fix } = writeFailure(path, error, "novacula-agent");
    return { problem: `${printable(path, 4096)} cannot be written: ${problem}`, fix };
  }
}

/** Rejects if it could not be written. */
export async function storeMemory(
  dataDir: string,
  memory: Memory,
  options: Omit<AtomicFileOptions, "mode">,
): Promise<void> {
  const text = withoutSecrets(`${JSON.stringify(memory, undefined, 2)}\n`);
  await writeFileAtomically(statePath(dataDir), text, { mode: 0o600, ...options });
}

/** A key at one control plane. */
interface KeyAtControlPlane {
  readonly url: string;
  readonly fingerprint: string;
}

export function recallKey(memory: Memory, which: KeyAtControlPlane, clock: Clock): KeyMemory | undefined {
  const key = memory.keys.find((each) => isSame(each, which));
  return (
    key && {
      verdict: key.verdict,
      acceptedAt: key.acceptedAt === undefined ? undefined : clock.fromWall(key.acceptedAt),
      newer: newerThan(key, memory.keys, clock),
      keyId: key.keyId,
      keyName: key.keyName,
      keyEndsAt: key.keyEndsAt,
      restartSpreadMs: key.restartSpreadMs,
    }
  );
}

function isSame(a: KeyAtControlPlane, b: KeyAtControlPlane): boolean {
  return a.fingerprint === b.fingerprint && a.url === b.url;
}

export function recallOrganization(memory: Memory, url: string): KnownOrganization | undefined {
  return memory.organizations.find((organization) => organization.url === url);
}

/** The executor's name without `agent.name`; undefined if it was never accepted on this machine. */
export function rememberedName({ executor }: Memory, machine = machineHash()): string | undefined {
  return executor?.machine === machine ? executor.name : undefined;
}

/** `memory` with what is now known of the key; unchanged until the control plane has answered. */
export function remember(memory: Memory, state: GenerationState, clock: Clock): Memory {
  if (state.verdict === undefined) {
    return memory;
  }
  const { fingerprint } = state.generation.key;
  const { url } = state.generation.config.controlPlane;
  const key = {
    url,
    fingerprint,
    verdict: state.verdict,
    ...(state.acceptedAt !== undefined && { acceptedAt: Math.round(clock.wall(state.acceptedAt)) }),
    ...(state.keyId !== undefined && { keyId: state.keyId }),
    ...(state.keyName !== undefined && { keyName: state.keyName }),
    ...(state.keyEndsAt !== undefined && { keyEndsAt: state.keyEndsAt }),
    ...(state.restartSpreadMs !== undefined && { restartSpreadMs: state.restartSpreadMs }),
  };
  const organizations =
    state.sync.kind === "online"
      ? [
          {
            url,
            id: state.sync.reply.organization.id,
            name: state.sync.reply.organization.name,
            slug: state.sync.reply.organization.slug,
          },
          ...memory.organizations.filter((organization) => organization.url !== url),
        ].slice(0, KEYS_KEPT)
      : memory.organizations;
  const others = memory.keys.filter((each) => !isSame(each, key));
  const executor = state.sync.kind === "online" ? executorOf(state.generation.config) : memory.executor;
  return { ...memory, executor, keys: [key, ...others].slice(0, KEYS_KEPT), organizations };
}

/** A name that is set replaces the remembered one for good. */
function executorOf({ agent }: AgentConfig): Memory["executor"] {
  return agent.isNameSet ? undefined : { name: agent.name, machine: machineHash() };
}

/**
 * To move the host: it belongs to the next organization that accepts it (`set-key
 * --new-organization`).
 */
export function forgetOrganization(memory: Memory, url: string): Memory {
  return {
    ...memory,
    organizations: memory.organizations.filter((organization) => organization.url !== url),
  };
}
