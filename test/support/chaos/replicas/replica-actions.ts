import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { TestControlPlane } from "../../control-plane/control-plane.ts";
import type { Among } from "../process-actions.ts";
import { type Entry, isUnanswered, type KeyLedger } from "./key-ledger.ts";
import type { ReplicaWorld } from "./replica-world.ts";
import { AgentExecutor, type ChaosExecutor, hasWorkingKey, Syncer } from "./syncers.ts";

export interface Scene {
  readonly world: ReplicaWorld;
  readonly ledger: KeyLedger;
  readonly executors: readonly ChaosExecutor[];
  readonly among: Among;
  /** Tries an ended key everywhere. */
  probe(entry: Entry): Promise<void>;
}

/** Does something, and returns what; undefined: nothing could be done. */
type Act = (scene: Scene) => Promise<string | undefined>;

const PAUSES_MS = [0, 300, 1500] as const;
const GRACES_MS = [1500, 4000] as const;
const ENDS = ["SIGKILL", "SIGTERM"] as const;

/** Changes the key of an executor through one control plane. It rejects if that does not answer. */
type Change = (scene: Scene, plane: TestControlPlane, executor: ChaosExecutor) => Promise<string>;

const CHANGES: readonly Change[] = [
  async function secondKey(scene, plane, executor) {
    const { ledger } = scene;
    const old = executor.entry;
    executor.use(await ledger.create(plane, executor.name));
    await ledger.revoke(plane, old);
    await scene.probe(old);
    return `${executor.name} gets a second key, and ${old.key.fingerprint} is revoked`;
  },
  async function rotate(scene, plane, executor) {
    const old = executor.entry;
    executor.use(await scene.ledger.rotate(plane, old));
    await scene.probe(old);
    return `rotate ${old.key.fingerprint} of ${executor.name}`;
  },
  async function rotateWithGrace({ ledger, among }, plane, executor) {
    const old = executor.entry;
    const graceMs = among(GRACES_MS) ?? 1500;
    const pauseMs = among([0, graceMs / 3]) ?? 0;
    const next = await ledger.rotate(plane, old, graceMs);
    await sleep(pauseMs);
    executor.use(next);
    return `rotate ${old.key.fingerprint} of ${executor.name} with ${graceMs} ms, used after ${pauseMs}`;
  },
  async function revokeTheUsed(scene, plane, executor) {
    const { ledger } = scene;
    const old = executor.entry;
    await ledger.revoke(plane, old);
    await scene.probe(old);
    executor.use(await ledger.create(plane, executor.name));
    return `revoke ${old.key.fingerprint}, which ${executor.name} uses`;
  },
];

/** Undefined if it was not tried. */
async function change(
  scene: Scene,
  plane: TestControlPlane | undefined,
  executor: ChaosExecutor | undefined,
): Promise<string | undefined> {
  const act = scene.among(CHANGES);
  if (act === undefined || plane === undefined || executor === undefined) {
    return undefined;
  }
  return await act(scene, plane, executor).catch((error: unknown) => {
    if (!isUnanswered(error)) {
      throw error;
    }
    return `${act.name} of ${executor.name}, in vain`;
  });
}

function changesAKey(scene: Scene): Promise<string | undefined> {
  const { world, executors, among } = scene;
  return change(scene, among(world.running), among(executors.filter(hasWorkingKey)));
}

async function restartsTheDatabase({ world, among }: Scene): Promise<string> {
  const signal = among(["SIGKILL", "SIGQUIT", "SIGINT"] as const) ?? "SIGKILL";
  const pauseMs = among(PAUSES_MS) ?? 0;
  await world.restartDatabase(signal, pauseMs);
  return `${signal} PostgreSQL, for ${pauseMs} ms`;
}

async function restartsTheBalancer({ world, among }: Scene): Promise<string> {
  const signal = among(ENDS) ?? "SIGKILL";
  const pauseMs = among(PAUSES_MS) ?? 0;
  await world.restartBalancer(signal, pauseMs);
  return `${signal} nginx, for ${pauseMs} ms`;
}

async function endsOrStartsAControlPlane({ world, among }: Scene): Promise<string> {
  const index = among([0, 1]) ?? 0;
  if (!world.isRunning(index)) {
    await world.startPlane(index);
    return `start control plane ${index}`;
  }
  const signal = among(ENDS) ?? "SIGKILL";
  const code = await world.endPlane(index, signal);
  expect(code, "the control plane's exit code").toBe(signal === "SIGTERM" ? 0 : null);
  return `${signal} control plane ${index}`;
}

/** The kill meets changes at any place, since it comes at any time after they were sent. */
async function changesWhileItKills(scene: Scene): Promise<string | undefined> {
  const { world, executors, among } = scene;
  const kill = among([
    () => endsOrStartsAControlPlane(scene),
    () => restartsTheDatabase(scene),
    () => restartsTheBalancer(scene),
  ]);
  const afterMs = among([0, 10, 30, 60, 120]) ?? 0;
  const planes = world.running;
  if (kill === undefined || planes.length === 0) {
    return undefined;
  }
  const ready = executors.filter(hasWorkingKey);
  const first = Math.floor(ready.length * (among([0, 0.3, 0.6]) ?? 0));
  const changing = Promise.all(
    ready.slice(first, first + 3).map((executor, n) => change(scene, planes[n % planes.length], executor)),
  );
  await sleep(afterMs);
  const killed = await kill();
  return `${killed}, ${afterMs} ms after the begin of: ${(await changing).join(", ")}`;
}

async function movesAnExecutor({ world, executors, among }: Scene): Promise<string | undefined> {
  const executor = among(executors.filter((each) => each instanceof Syncer));
  const url = among(world.urls);
  if (executor === undefined || url === undefined) {
    return undefined;
  }
  executor.url = url;
  return `${executor.name} syncs with ${url}`;
}

async function restartsAnAgent({ executors, among }: Scene): Promise<string | undefined> {
  const agent = among(executors.filter((each) => each instanceof AgentExecutor));
  const signal = among(ENDS) ?? "SIGKILL";
  const code = await agent?.restart(signal);
  expect(code, "the agent's exit code").toBe(signal === "SIGTERM" ? 0 : null);
  return `${signal} ${agent?.name}`;
}

/** Most steps change keys, so that executors are steady for a while between two outages. */
export const REPLICA_ACTIONS: readonly Act[] = [
  ...Array.from({ length: 6 }, () => changesAKey),
  ...Array.from({ length: 2 }, () => changesWhileItKills),
  ...Array.from({ length: 3 }, () => movesAnExecutor),
  endsOrStartsAControlPlane,
  restartsTheDatabase,
  restartsTheBalancer,
  restartsAnAgent,
];
