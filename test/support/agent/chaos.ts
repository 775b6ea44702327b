import { expect } from "vitest";
import type { AgentStatus } from "../../../src/agent/daemon/status/status.ts";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { ChaosWorld } from "./chaos-world.ts";
import { seededRandom } from "./simulation.ts";

const SECOND = 1000;
const GRACE_MS = 20 * SECOND;
/** A new key is used this soon after it was written, if nothing is in the way. */
const SWITCH_MS = 1000;

type Among = <T>(values: readonly T[]) => T | undefined;
/** Does something, and returns what; undefined: nothing could be done. */
type Act = (world: ChaosWorld, among: Among) => Promise<string | undefined>;

const ACTIONS: readonly Act[] = [
  async function waits() {
    return undefined;
  },
  async function writesAKey(world, among) {
    const secret = among(world.keys)?.secret ?? "";
    await world.edit(secret, world.configWith(secret));
    return `write ${keyFingerprint(secret)}`;
  },
  async function writesANewKey(world) {
    if (!world.isServing) {
      return undefined;
    }
    const { secret } = await createKey(world);
    await world.edit(secret, world.configWith(secret));
    return `create and write ${keyFingerprint(secret)}`;
  },
  async function damagesTheKey(world) {
    await world.edit(undefined, world.configWith(`${world.keys[0]?.secret.slice(0, 20)} x`));
    return "damage the key";
  },
  async function writesNoToml(world) {
    await world.edit(undefined, "[control_plane");
    return "write no TOML";
  },
  async function removesTheFile(world) {
    await world.edit(undefined, undefined);
    return "remove the file";
  },
  async function changesASetting(world, among) {
    const { written } = world;
    if (written === undefined) {
      return undefined;
    }
    await world.edit(written, world.configWith(written, among(["info", "debug"])));
    return "change a setting";
  },
  async function rotatesTheLastKey(world, among) {
    const last = world.keys.at(-1);
    if (!world.isServing || last === undefined) {
      return undefined;
    }
    const revokesAt = among([undefined, Date.now() + GRACE_MS]);
    // It may be revoked already.
    const key = await world.server.rotateKey(last.id, revokesAt).catch(() => undefined);
    world.keys.push(...(key === undefined ? [] : [key]));
    return `rotate ${keyFingerprint(last.secret)}${revokesAt === undefined ? "" : " with a grace"}`;
  },
  async function revokesAKey(world, among) {
    const key = among(world.keys);
    if (!world.isServing || key === undefined) {
      return undefined;
    }
    await world.server.revokeKey(key.id);
    return `revoke ${keyFingerprint(key.secret)}`;
  },
  async function endsOrStartsTheControlPlane(world) {
    if (world.isServing) {
      await world.endServer();
      return "end the control plane";
    }
    await world.startServer();
    return "start the control plane";
  },
  async function changesTheNetwork(world, among) {
    const state = among(["up", "up", "refusing", "silent"] as const) ?? "up";
    world.network.set(state);
    return `the network is ${state}`;
  },
  async function asksTheAgent(world, among) {
    const what = among(["reload", "retry"] as const) ?? "retry";
    void world.agent[what]();
    return what;
  },
];

async function createKey(world: ChaosWorld) {
  const key = await world.server.createKey({ name: `key ${world.keys.length}` });
  world.keys.push(key);
  return key;
}

/** Does something at random in each turn, lets a second pass, and checks the promise. */
export class Chaos {
  private readonly world: ChaosWorld;
  private readonly among: Among;
  private readonly story: string[] = [];
  /** The key that the executor was online with last. */
  private accepted: string | undefined;
  /** Since when nothing was in the way of a sync. */
  private clearSince = 0;

  private constructor(world: ChaosWorld, seed: number) {
    const random = seededRandom(seed);
    this.world = world;
    this.among = (values) => values[Math.floor(random() * values.length)];
  }

  /** The same seed does the same things. */
  static async start(seed: number): Promise<Chaos> {
    return new Chaos(await ChaosWorld.start(), seed);
  }

  async turn(): Promise<void> {
    const { world } = this;
    const before = world.agent.status();
    const wasClear = world.isClear();
    const done = await this.among(ACTIONS)?.(world, this.among);
    this.story.push(...(done === undefined ? [] : [done]));
    if (!world.isClear() || !wasClear) {
      this.clearSince = Date.now();
    }
    await world.pass(SWITCH_MS);
    await this.check(before, world.agent.status());
  }

  /** Everything works again, and the file has a key that does: the executor is online soon. */
  async calm(): Promise<void> {
    const { world } = this;
    world.network.set("up");
    if (!world.isServing) {
      await world.startServer();
    }
    const { secret } = await createKey(world);
    await world.edit(secret, world.configWith(secret));
    await world.pass(15 * SECOND);
    const { state, key, pendingChange } = world.agent.status();
    expect({ state, fingerprint: key?.fingerprint, pendingChange }, this.told("not calm")).toEqual({
      state: "online",
      fingerprint: keyFingerprint(secret),
      pendingChange: null,
    });
  }

  private async check(before: AgentStatus, now: AgentStatus): Promise<void> {
    const { world } = this;
    expect(world.haveNodesEnded, this.told("the part that keeps nodes was stopped")).toBe(false);
    if (before.key !== null) {
      expect(now.key, this.told("it has no key any more")).not.toBeNull();
    }
    this.accepted = before.state === "online" ? before.key?.fingerprint : this.accepted;
    const isLeft = before.key?.fingerprint === this.accepted && now.key?.fingerprint !== this.accepted;
    const left = world.keys.find(({ secret }) => isLeft && keyFingerprint(secret) === this.accepted);
    if (world.isServing && left !== undefined && now.state !== "online") {
      const what = "a working key was left for one that is not accepted";
      expect(await world.works(left.secret), this.told(what)).toBe(false);
    }
    const { written, writtenAt } = world;
    const isDue = writtenAt >= this.clearSince && Date.now() - writtenAt >= SWITCH_MS;
    if (world.isClear() && isDue && written !== undefined && (await world.works(written))) {
      const wanted = keyFingerprint(written);
      expect(now.key?.fingerprint, this.told("not on the new key")).toBe(wanted);
      // After an outage, the key that it was on waits for its turn.
      const isNew = before.key?.fingerprint !== wanted;
      expect(isNew ? now.state : "online", this.told("the new key is not accepted")).toBe("online");
    }
    const { said } = world;
    const isSaid = world.keys.some(({ secret }) => said.includes(secret));
    expect(isSaid, this.told("a key in the journal")).toBe(false);
  }

  private told(what: string): string {
    return `${what}, after: ${this.story.slice(-12).join("; ")}`;
  }
}
