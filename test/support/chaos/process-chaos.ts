import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { AgentStatus } from "../../../src/agent/daemon/status/status.ts";
import { type AgentProcess, render } from "../agent/agent-process.ts";
import { seededRandom } from "../agent/simulation.ts";
import { leaksIn } from "../canary.ts";
import type { TestKey } from "../control-plane/control-plane.ts";
import { eventually } from "../eventually.ts";
import { type Among, PROCESS_ACTIONS } from "./process-actions.ts";
import { ProcessWorld, type Written } from "./process-world.ts";

/** A new key is used within a second of quiet, and much later on a busy machine. */
const SWITCH_MS = 15_000;
/** The longest pause between two tries of an agent that reaches nobody, and the same again. */
const RETURN_MS = 40_000;
const QUIET_MS = 700;

/** What an agent was before a turn. */
interface Before {
  readonly agent: AgentProcess;
  readonly status: AgentStatus;
  readonly wasClear: boolean;
  readonly written: Written;
  /** The keys that did not work any more. */
  readonly revoked: ReadonlySet<string>;
}

/** Does something at random to real processes in each turn, waits for quiet, and checks the promise. */
export class ProcessChaos {
  private readonly world: ProcessWorld;
  private readonly among: Among;
  private readonly story: string[] = [];
  /** The place in the journal of this agent since which the file and its key are as they are. */
  private since = 0;
  private searched = 0;

  private constructor(world: ProcessWorld, seed: number) {
    const random = seededRandom(seed);
    this.world = world;
    this.among = (values) => values[Math.floor(random() * values.length)];
  }

  /** The same seed does the same things. */
  static async start(seed: number): Promise<ProcessChaos> {
    const chaos = new ProcessChaos(await ProcessWorld.start(), seed);
    await chaos.converged(RETURN_MS);
    return chaos;
  }

  async turn(): Promise<void> {
    const { world } = this;
    const before: Before = {
      agent: world.agent,
      status: await world.agent.status(),
      wasClear: world.isClear(),
      written: world.written,
      revoked: new Set(world.revoked),
    };
    const since = world.agent.lines.length;
    const done = await this.among(PROCESS_ACTIONS)?.(world, this.among);
    if (done === undefined) {
      return;
    }
    this.story.push(done);
    const isOther = world.agent !== before.agent;
    if (isOther) {
      this.since = 0;
    } else if (this.isNews(before)) {
      this.since = since;
    }
    await sleep(QUIET_MS);
    await this.converged(before.wasClear && !isOther ? SWITCH_MS : RETURN_MS);
    await this.checkOutage(before);
    await this.checkLeftKey(before);
    await this.checkEverywhere();
  }

  /** The file is not as it was, or its key does not work any more. */
  private isNews({ written, revoked }: Before): boolean {
    const { world } = this;
    const isLost =
      written.kind === "key" && !revoked.has(written.key.fingerprint) && !world.works(written.key);
    return isLost || !isDeepStrictEqual(world.written, written);
  }

  /** Everything works again, and the file has a key that does: the executor is online soon. */
  async calm(): Promise<void> {
    const { world } = this;
    this.story.push("calm");
    world.network.set("up");
    if (!world.isServing()) {
      await world.startPlane();
    }
    await world.writeKey(await world.createKey(), "rename");
    await this.converged(RETURN_MS);
    expect(await world.endAgent("SIGTERM"), this.told("the exit code at the end")).toBe(0);
    expect(world.agentPids(), this.told("a process is left over")).toEqual([]);
  }

  /** The agent does what the file says; if it cannot, its status and its journal say so. */
  private async converged(timeoutMs: number): Promise<void> {
    const { written } = this.world;
    if (written.kind === "damage") {
      await this.status(timeoutMs, "the file is called unusable", (status) => {
        const isPending = status.pendingChange?.state === "unusable";
        return isPending || ["config-invalid", "key-unusable"].includes(status.state);
      });
      await this.said(/^(config\.invalid|key\.unusable): /u, "a line about the damaged file");
    } else if (this.world.isClear()) {
      await this.convergedOn(written.key, timeoutMs);
    }
  }

  private async convergedOn(key: TestKey, timeoutMs: number): Promise<void> {
    const { fingerprint } = key;
    if (this.world.works(key)) {
      const what = `online with key ${fingerprint} from the file`;
      await this.status(timeoutMs, what, ({ state, key: used, pendingChange }) => {
        return state === "online" && used?.fingerprint === fingerprint && pendingChange === null;
      });
      return;
    }
    const what = `key ${fingerprint} from the file is called refused`;
    await this.status(timeoutMs, what, ({ state, key: used, pendingChange }) => {
      const isRunning = state === "key-refused" && used?.fingerprint === fingerprint;
      return isRunning || (pendingChange?.state === "refused" && pendingChange.fingerprint === fingerprint);
    });
    const said = `key\\.(?:refused|new-refused): .*${fingerprint}`;
    const repaired = `config\\.restored: .*${fingerprint}.* still refused`;
    const line = new RegExp(`^(?:${said}|${repaired})`, "u");
    await this.said(line, `a line about the refused key ${fingerprint}`);
  }

  /** An agent that was online and reaches nobody says so. */
  private async checkOutage({ agent, status, wasClear }: Before): Promise<void> {
    const { world } = this;
    if (agent !== world.agent || !wasClear || world.isClear() || status.state !== "online") {
      return;
    }
    const what = "an outage is called so";
    await this.status(RETURN_MS, what, ({ state }) => state === "unreachable");
    await this.said(/^control-plane\.unreachable: /u, "a line about the outage");
  }

  /** A key that works is left only for another one that does. */
  private async checkLeftKey({ agent, status, revoked }: Before): Promise<void> {
    const { world } = this;
    const left = status.key?.fingerprint;
    if (agent !== world.agent || status.state !== "online" || left === undefined) {
      return;
    }
    const now = await agent.status();
    const used = now.key?.fingerprint;
    expect(used, this.told("it has no key any more")).toBeDefined();
    if (used !== left && !world.revoked.has(left)) {
      const isGood = world.keys.some((key) => key.fingerprint === used && !revoked.has(key.fingerprint));
      expect(isGood, this.told(`it left key ${left}, which works, for ${used}`)).toBe(true);
    }
  }

  private async checkEverywhere(): Promise<void> {
    const { world } = this;
    expect(world.agentPids(), this.told("the agents that run")).toEqual([world.agent.pid]);
    const said = world.said();
    const secrets = world.keys.map(({ secret }) => secret);
    // A key may begin in what was searched before.
    const from = Math.max(0, this.searched - 1000);
    expect(leaksIn(said.slice(from), secrets), this.told("a key in an output")).toEqual([]);
    this.searched = said.length;
    if (world.isServing()) {
      for (const key of world.keys) {
        const what = `whether the control plane accepts key ${key.fingerprint}`;
        expect(await world.isAccepted(key), this.told(what)).toBe(world.works(key));
      }
    }
  }

  private async status(
    timeoutMs: number,
    what: string,
    holds: (status: AgentStatus) => boolean,
  ): Promise<void> {
    await this.world.agent.waitForStatus(holds, timeoutMs).catch((cause: unknown) => {
      throw new Error(this.told(`in vain: ${what}`), { cause });
    });
  }

  /** Waits for a line since the file and its key are as they are. */
  private async said(match: RegExp, what: string): Promise<void> {
    const { agent } = this.world;
    const lines = () => agent.lines.slice(this.since).map(({ event, message }) => `${event}: ${message}`);
    await eventually(() => lines().some((line) => match.test(line)), {
      describe: () => this.told(`${what}\n${render(agent.lines)}`),
    });
  }

  private told(what: string): string {
    return `${what}, after: ${this.story.slice(-12).join("; ")}`;
  }
}
