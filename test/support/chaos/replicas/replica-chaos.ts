import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import * as z from "zod";
import { seededRandom } from "../../agent/simulation.ts";
import { eventually } from "../../eventually.ts";
import type { Among } from "../process-actions.ts";
import { type Entry, isUnanswered, KeyLedger } from "./key-ledger.ts";
import { REPLICA_ACTIONS, type Scene } from "./replica-actions.ts";
import { ReplicaWorld } from "./replica-world.ts";
import {
  AgentExecutor,
  type ChaosExecutor,
  hasWorkingKey,
  Syncer,
  syncOnce,
  wrongAnswer,
} from "./syncers.ts";

const AGENTS = 2;
const SYNCERS = 6;
const PAUSES_MS = [50, 300, 1000, 2500] as const;
const PROBE_PAUSE_MS = 60;
/** Of keys that ended last. */
const PROBED = 20;
/** The longest pause of an agent that reaches nobody, much more on a busy machine. */
const RETURN_MS = 90_000;

const offlineLine = z.object({
  event: z.literal("executor.disconnected"),
  executor: z.string(),
  time: z.iso.datetime().transform((text) => Date.parse(text)),
});

/** What was tried so far. */
export interface Tally {
  readonly steps: number;
  readonly keys: number;
  readonly ended: number;
  /** Syncs with keys that had ended. */
  readonly probes: number;
  readonly accepted: number;
  /** How often an executor was looked for in a list in which it had to be online. */
  readonly onlines: number;
}

/**
 * Two control planes, their database, their balancer and their executors: in each step something
 * random is killed, moved or changed. All the time, executors sync, and ended keys are tried.
 */
export class ReplicaChaos implements Scene {
  readonly world: ReplicaWorld;
  readonly ledger = new KeyLedger();
  readonly executors: ChaosExecutor[] = [];
  readonly among: Among;
  private readonly story: string[] = [];
  private readonly found: string[] = [];
  private steps = 0;
  private probes = 0;
  private onlines = 0;
  private read = 0;
  private isOver = false;
  private readonly background: Promise<void>[] = [];

  private constructor(world: ReplicaWorld, seed: number) {
    const random = seededRandom(seed);
    this.world = world;
    this.among = (values) => values[Math.floor(random() * values.length)];
  }

  /** The same seed draws the same things; how far a process had come by then is up to the machine. */
  static async start(seed: number): Promise<ReplicaChaos> {
    const world = await ReplicaWorld.start();
    const chaos = new ReplicaChaos(world, seed);
    const [plane] = world.running;
    for (let n = 0; plane !== undefined && n < AGENTS + SYNCERS; n += 1) {
      const entry = await chaos.ledger.create(plane, `executor-${n}`);
      const executor =
        n < AGENTS
          ? new AgentExecutor(entry, world.balancerUrl)
          : new Syncer(entry, world.urls[n % world.urls.length] ?? world.balancerUrl);
      chaos.executors.push(executor);
    }
    chaos.background.push(chaos.probeUntilOver());
    return chaos;
  }

  get tally(): Tally {
    return {
      steps: this.steps,
      keys: this.ledger.entries.length,
      ended: this.ledger.ended().length,
      probes: this.probes,
      accepted: this.executors.reduce((sum, { heard }) => sum + heard.count, 0),
      onlines: this.onlines,
    };
  }

  async step(): Promise<void> {
    const done = await this.among(REPLICA_ACTIONS)?.(this);
    if (done === undefined) {
      return;
    }
    this.steps += 1;
    this.story.push(done);
    await sleep(this.among(PAUSES_MS) ?? 0);
    await this.repair();
    await this.check();
  }

  /** Everything runs: each executor comes back, and nothing that was acknowledged is lost. */
  async calm(): Promise<void> {
    const { world } = this;
    this.story.push("calm");
    for (const index of [0, 1]) {
      if (!world.isRunning(index)) {
        await world.startPlane(index);
      }
    }
    await eventually(
      async () => {
        await this.repair();
        const isSettled = this.ledger.unclear().length === 0 && this.executors.every(hasWorkingKey);
        return isSettled && (await this.offlineIn(() => true)).length === 0;
      },
      { timeoutMs: RETURN_MS, describe: () => this.told("every executor is online at both") },
    );
    await this.check();
    this.isOver = true;
    await Promise.all(this.background);
    for (const entry of this.ledger.ended()) {
      await this.probe(entry);
    }
    await Promise.all(this.executors.map((executor) => executor.end()));
    expect(this.found, this.told("at the end")).toEqual([]);
  }

  async probe(entry: Entry): Promise<void> {
    await Promise.all(this.world.urls.map((url) => this.probeAt(url, entry)));
  }

  private async probeAt(url: string, entry: Entry): Promise<void> {
    const begun = Date.now();
    const status = await syncOnce(url, entry);
    if (status !== undefined) {
      this.probes += 1;
      const wrong = wrongAnswer(entry, status, { begun, answered: Date.now() });
      this.found.push(...(wrong === undefined ? [] : [`at ${url}: ${wrong}`]));
    }
  }

  private async probeUntilOver(): Promise<void> {
    for (let n = 0; !this.isOver; n += 1) {
      const last = this.ledger.ended().slice(-PROBED);
      const entry = last[n % last.length];
      const url = this.world.urls[n % this.world.urls.length];
      if (entry !== undefined && url !== undefined) {
        await this.probeAt(url, entry);
      }
      await sleep(PROBE_PAUSE_MS);
    }
  }

  /** Asks again for what was not acknowledged, and gives a key to an executor without one. */
  private async repair(): Promise<void> {
    const plane = this.among(this.world.running);
    if (plane === undefined) {
      return;
    }
    try {
      for (const entry of this.ledger.unclear()) {
        await this.ledger.revoke(plane, entry);
        await this.probe(entry);
      }
      for (const executor of this.executors.filter((each) => !hasWorkingKey(each))) {
        executor.use(await this.ledger.create(plane, executor.name));
      }
    } catch (error) {
      if (!isUnanswered(error)) {
        throw error;
      }
    }
  }

  private async check(): Promise<void> {
    const { found, world } = this;
    found.push(...this.executors.flatMap((executor) => executor.wrongs()));
    found.push(...this.wrongLines());
    found.push(...(await this.offlineIn(({ heard }, asked) => heard.isSteadyAt(asked))));
    for (const plane of world.running) {
      found.push(...(await answered(this.ledger.lostAt(plane), [])));
    }
    expect(found, this.told("what must not happen")).toEqual([]);
  }

  /** New log lines about bugs, and that an executor is offline which was steady then. */
  private wrongLines(): readonly string[] {
    const lines = this.world.lines();
    const fresh = lines.slice(this.read);
    this.read = lines.length;
    return fresh.filter((line) => {
      const parsed = line.startsWith("{") ? offlineLine.safeParse(JSON.parse(line)) : undefined;
      const said = parsed?.data;
      const executor = this.executors.find(({ name }) => name === said?.executor);
      const isFalse = said !== undefined && executor?.heard.isSteadyAt(said.time) === true;
      return isFalse || line.includes('"event":"bug"');
    });
  }

  /** The executors for which `mustBeOnline`, and that some control plane lists as offline. */
  private async offlineIn(
    mustBeOnline: (executor: ChaosExecutor, asked: number) => boolean,
  ): Promise<readonly string[]> {
    const lists = this.world.running.map(async (plane) => {
      const asked = Date.now();
      const expected = this.executors.filter((executor) => mustBeOnline(executor, asked));
      const listed = await answered(plane.executors(), undefined);
      this.onlines += listed === undefined ? 0 : expected.length;
      const online = new Set(
        listed?.filter(({ status }) => status === "online").map((executor) => executor.name),
      );
      return listed === undefined
        ? []
        : expected.filter(({ name }) => !online.has(name)).map(({ name }) => `${name} is listed as offline`);
    });
    return (await Promise.all(lists)).flat();
  }

  private told(what: string): string {
    return `${what}, after: ${this.story.slice(-12).join("; ")}`;
  }
}

/** What a control plane answers; `otherwise` if it does not. */
function answered<Answer, Other>(question: Promise<Answer>, otherwise: Other): Promise<Answer | Other> {
  return question.catch((error: unknown) => {
    if (!isUnanswered(error)) {
      throw error;
    }
    return otherwise;
  });
}
