import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { REFUSED } from "../agent/damaged-keys.ts";
import { eventually } from "../eventually.ts";
import type { ProcessWorld } from "./process-world.ts";

/** One of the values, by a seeded chance. */
export type Among = <T>(values: readonly T[]) => T | undefined;

/** Does something, and returns what; undefined: nothing could be done. */
type Act = (world: ProcessWorld, among: Among) => Promise<string | undefined>;

const MODES = ["rename", "in-place"] as const;
/** Shorter and longer than what the agent waits for a writer that works in steps, ms. */
const PAUSES_MS = [50, 300, 700, 1500] as const;

export const PROCESS_ACTIONS: readonly Act[] = [
  async function writesAKeyThatWorks(world, among) {
    const key = among(world.keys.filter((each) => world.works(each)));
    const mode = among(MODES);
    if (key === undefined || mode === undefined) {
      return undefined;
    }
    await world.writeKey(key, mode);
    return `write ${key.fingerprint} (${mode})`;
  },
  async function writesARevokedKey(world, among) {
    const key = among(world.keys.filter((each) => !world.works(each)));
    const mode = among(MODES);
    if (key === undefined || mode === undefined) {
      return undefined;
    }
    await world.writeKey(key, mode);
    return `write ${key.fingerprint}, which is revoked (${mode})`;
  },
  async function writesANewKey(world, among) {
    if (!world.isServing()) {
      return undefined;
    }
    const key = await world.createKey();
    await world.writeKey(key, among(MODES) ?? "rename");
    return `create and write ${key.fingerprint}`;
  },
  async function writesADamagedKey(world, among) {
    const [how = "", text = ""] = among(REFUSED) ?? [];
    world.damage(world.tomlWith(text), among(MODES) ?? "rename");
    return `write a key that is damaged: ${how}`;
  },
  async function writesNoToml(world, among) {
    const text = among(["", "[control_plane", "\0\0\0\0", "access_token = \n"]);
    world.damage(text, among(MODES) ?? "rename");
    return "write what is no configuration";
  },
  async function removesTheFile(world) {
    world.damage(undefined, "in-place");
    return "remove the file";
  },
  async function writesInTwoSteps(world, among) {
    const key = among(world.keys);
    const part = among([0.2, 0.5, 0.8, 0.97]);
    const pauseMs = among(PAUSES_MS);
    if (key === undefined || part === undefined || pauseMs === undefined) {
      return undefined;
    }
    const text = world.tomlWith(key.secret);
    world.damage(text.slice(0, Math.floor(text.length * part)), "in-place");
    await sleep(pauseMs);
    await world.writeKey(key, "in-place");
    return `write ${key.fingerprint}, ${part} of it ${pauseMs} ms before the whole`;
  },
  async function killsTheAgentInTheMiddleOfAWrite(world, among) {
    const key = among(world.keys);
    if (key === undefined) {
      return undefined;
    }
    const text = world.tomlWith(key.secret);
    world.damage(text.slice(0, text.length / 2), "in-place");
    await world.endAgent("SIGKILL");
    await world.startAgent();
    await world.writeKey(key, "in-place");
    return `half of a file, SIGKILL, then ${key.fingerprint}`;
  },
  async function rotatesTheLastKey(world) {
    const last = world.keys.at(-1);
    if (!world.isServing() || last === undefined || !world.works(last)) {
      return undefined;
    }
    await world.rotateKey(last);
    return `rotate ${last.fingerprint}`;
  },
  async function revokesAKey(world, among) {
    const key = among(world.keys.filter((each) => world.works(each)));
    if (!world.isServing() || key === undefined) {
      return undefined;
    }
    await world.revokeKey(key);
    return `revoke ${key.fingerprint}`;
  },
  async function revokesAndLosesTheControlPlane(world, among) {
    const key = among(world.keys.filter((each) => world.works(each)));
    if (!world.isServing() || key === undefined) {
      return undefined;
    }
    await world.revokeKey(key);
    await world.endPlane("SIGKILL");
    await world.startPlane();
    return `revoke ${key.fingerprint}, SIGKILL the control plane, start it`;
  },
  async function killsTheAgent(world) {
    await world.endAgent("SIGKILL");
    await world.startAgent();
    return "SIGKILL the agent";
  },
  async function restartsTheAgent(world) {
    const code = await world.endAgent("SIGTERM");
    expect(code, "the agent's exit code after SIGTERM").toBe(0);
    await world.startAgent();
    return "SIGTERM the agent";
  },
  async function reloadsTheAgent(world) {
    const reloads = () => world.agent.lines.filter(({ event }) => event === "reload.requested").length;
    const before = reloads();
    world.agent.signal("SIGHUP");
    await eventually(() => reloads() > before, { describe: "SIGHUP has its line" });
    return "SIGHUP the agent";
  },
  async function writesAndReloads(world, among) {
    const key = among(world.keys);
    if (key === undefined) {
      return undefined;
    }
    await world.writeKey(key, "in-place");
    world.agent.signal("SIGHUP");
    return `write ${key.fingerprint}, SIGHUP the agent`;
  },
  async function startsASecondAgent(world) {
    const code = await world.startSecondAgent();
    expect(code, "the exit code of a second agent").toBe(1);
    return "start a second agent";
  },
  async function endsOrStartsTheControlPlane(world, among) {
    const signal = among(["SIGTERM", "SIGKILL"] as const) ?? "SIGTERM";
    if (!world.isServing()) {
      await world.startPlane();
      return "start the control plane";
    }
    const code = await world.endPlane(signal);
    expect(code, "the control plane's exit code").toBe(signal === "SIGTERM" ? 0 : null);
    return `${signal} the control plane`;
  },
  async function changesTheNetwork(world, among) {
    const state = world.network.state() === "up" ? among(["refusing", "silent"] as const) : "up";
    world.network.set(state ?? "up");
    return `the network is ${state}`;
  },
];
