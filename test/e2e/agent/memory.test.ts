import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Memory,
  readMemory,
  recall,
  recallKey,
  remember,
  writeMemory,
} from "../../../src/agent/daemon/resources/memory.ts";
import { createMemoryKeeper } from "../../../src/agent/daemon/resources/memory-keeper.ts";
import {
  afterOutcome,
  type GenerationState,
  newGenerationState,
} from "../../../src/agent/daemon/rotation/generation-state.ts";
import { OriginMarks } from "../../../src/agent/sync/answer/origin-marks.ts";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { accepted, down, fileWith, refused } from "../../support/agent/loaded.ts";
import { leaksIn } from "../../support/canary.ts";
import { makeKey } from "../../support/keys.ts";
import { tempDir } from "../../support/temp-dir.ts";

const EMPTY: Memory = { format: 1, keys: [], organizations: [], markedOrigins: [] };
/** A host whose wall clock is an hour ahead of what it was when the process began. */
const clock: Clock = { now: () => 5000, wall: (at) => at + 3_600_000, fromWall: (at) => at - 3_600_000 };

function stateAfter(secret: string, ...outcomes: readonly SyncOutcome[]): GenerationState {
  const { config, key, keySource, lines } = fileWith(secret);
  const generation = { id: 1, config, key, keySource, caPem: undefined, findings: [], lines, file: "f" };
  const fresh = newGenerationState(generation, 1000, undefined);
  return outcomes.reduce((state, outcome) => afterOutcome(state, outcome, 1000, () => 0.5), fresh);
}

describe("state.json", () => {
  it("is recalled by the next process as it was, with times of the wall", async () => {
    const dataDir = tempDir();
    const secret = makeKey();
    const state = stateAfter(secret, accepted());
    const memory = remember(EMPTY, state, clock);
    expect(await writeMemory(dataDir, memory)).toBeUndefined();

    const read = await readMemory(dataDir);
    expect(read).toEqual(memory);
    expect(read.keys[0]?.acceptedAt).toBe(3_601_000);
    expect(read.organizations).toEqual([
      { url: "https://cp.example.com", id: "o_1", name: "Acme", slug: "acme" },
    ]);
    const { fingerprint } = state.generation.key;
    expect(recallKey(read, { url: "https://elsewhere.example.com", fingerprint }, clock)).toBeUndefined();
    expect(recallKey(read, { url: "https://cp.example.com", fingerprint }, clock)).toMatchObject({
      verdict: "accepted",
      acceptedAt: 1000,
      keyId: "k_1",
      restartSpreadMs: 2400,
    });
    const path = join(dataDir, "state.json");
    expect(leaksIn(readFileSync(path, "utf8"), [secret])).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["empty", ""],
    ["cut off", '{"format":1,"keys":[{"finger'],
    ["of a later format", '{"format":2,"keys":[],"organizations":[]}'],
    ["of other types", '{"format":1,"keys":{"length":1e9},"organizations":"x"}'],
    ["of dangerous names", '{"__proto__":{"format":1},"constructor":1}'],
    ["not text", "\u0000\u0001\u0002"],
    ["deep", "[".repeat(100_000)],
    ["large", `{"format":1,"keys":[],"organizations":[],"x":"${"x".repeat(2 ** 21)}"}`],
  ])("%s is no memory, and no error", async (_name, text) => {
    const dataDir = tempDir();
    writeFileSync(join(dataDir, "state.json"), text);
    expect(await readMemory(dataDir)).toEqual(EMPTY);
    const { lost } = await recall(dataDir);
    expect(lost).toMatch(/state\.json .*, so the agent has forgotten when each key was last accepted, /u);
    expect(lost).toMatch(/Nothing is to be done: |state\.unwritable says what to do/u);
  });

  it("that is not there has lost nothing, and one that is a folder has", async () => {
    const dataDir = tempDir();
    expect(await recall(dataDir)).toEqual({ memory: EMPTY, lost: undefined });
    mkdirSync(join(dataDir, "state.json"));
    expect((await recall(dataDir)).lost).toContain("the agent has forgotten");
  });

  it.each([
    ['"executor":{"name":7}', "the name of the executor"],
    ['"markedOrigins":["x"]', "which control planes mark their answers"],
    ['"executor":{"name":"a","machine":"m"},"markedOrigins":[]', undefined],
  ])("with %s says which part is lost", async (part, lost) => {
    const dataDir = tempDir();
    writeFileSync(join(dataDir, "state.json"), `{"format":1,"keys":[],"organizations":[],${part}}`);
    const found = (await recall(dataDir)).lost;
    expect(found?.includes(`is damaged in part, so the agent has forgotten ${lost}`)).toBe(
      lost === undefined ? undefined : true,
    );
    expect(found ?? "").not.toContain("the organization");
  });

  it.each([
    ["an older agent, without marks", undefined, []],
    [
      "marks",
      ["https://cp.example.com", "http://127.0.0.1:3000"],
      ["https://cp.example.com", "http://127.0.0.1:3000"],
    ],
    ["a mark that is no origin", ["https://cp.example.com/graphql"], []],
    ["too many marks", Array.from({ length: 9 }, (_, n) => `https://${n}.example.com`), []],
    ["a mark that is too long", [`https://${"a".repeat(600)}.example.com`], []],
    ["marks of another type", { length: 1 }, []],
  ])("with %s keeps everything else", async (_name, markedOrigins, read) => {
    const dataDir = tempDir();
    const organizations = [{ url: "https://cp.example.com", id: "o_1", name: "Acme" }];
    const text = JSON.stringify({ format: 1, keys: [], organizations, markedOrigins });
    writeFileSync(join(dataDir, "state.json"), text);
    expect(await readMemory(dataDir)).toEqual({ format: 1, keys: [], organizations, markedOrigins: read });
  });

  it("that is a directory, or a pipe that nobody writes to, is no memory, and does not hang", async () => {
    const [a, b] = [tempDir(), tempDir()];
    mkdirSync(join(a, "state.json"));
    execFileSync("mkfifo", [join(b, "state.json")]);
    expect(await readMemory(a)).toEqual(EMPTY);
    expect(await readMemory(b)).toEqual(EMPTY);
  });

  it("that cannot be written is an answer with its path", async () => {
    const file = join(tempDir(), "a-file");
    writeFileSync(file, "");
    expect(await writeMemory(join(file, "below"), EMPTY)).toEqual({
      problem: expect.stringMatching(
        /a-file\/below\/state\.json cannot be written: .*not a folder \(ENOTDIR\)$/u,
      ),
      fix: expect.any(String),
    });
  });
});

describe("what is remembered", () => {
  it("nothing before the control plane has said something", () => {
    expect(remember(EMPTY, stateAfter(makeKey(), down()), clock)).toEqual(EMPTY);
  });

  it("a refusal, with the acceptance before it, also through an outage", () => {
    const state = stateAfter(makeKey(), accepted(), refused(), down());
    expect(remember(EMPTY, state, clock).keys).toMatchObject([{ verdict: "refused", acceptedAt: 3_601_000 }]);
  });

  it("the last eight keys", () => {
    const states = Array.from({ length: 12 }, () => stateAfter(makeKey(), accepted()));
    const memory = states.reduce((before, state) => remember(before, state, clock), EMPTY);
    expect(memory.keys.map(({ fingerprint }) => fingerprint)).toEqual(
      states
        .slice(-8)
        .map(({ generation }) => generation.key.fingerprint)
        .reverse(),
    );
  });
});

describe("the keeper", () => {
  it("writes when something changes, not at every sync, and once a minute for the times", async () => {
    const dataDir = tempDir();
    let now = 0;
    const ticking: Clock = { now: () => now, wall: (at) => at, fromWall: (at) => at };
    const keeper = createMemoryKeeper(dataDir, EMPTY, new OriginMarks(), ticking, (failure) =>
      expect(failure).toBeUndefined(),
    );
    const path = join(dataDir, "state.json");
    const [running, pending] = [stateAfter(makeKey(), accepted()), stateAfter(makeKey(), refused())];
    await keeper.note(running);
    await keeper.note(pending);
    const written = statSync(path).ino;
    for (; now < 55_000; now += 5000) {
      await keeper.note(running);
      await keeper.note(pending);
    }
    expect(statSync(path).ino).toBe(written);
    now = 70_000;
    await keeper.note(running);
    expect(statSync(path).ino).not.toBe(written);
  });

  it("tells of each write whether it failed", async () => {
    const dataDir = join(tempDir(), "later");
    const reasons: (string | undefined)[] = [];
    const keeper = createMemoryKeeper(
      dataDir,
      EMPTY,
      new OriginMarks(),
      clock,
      (failure) => void reasons.push(failure?.problem),
    );
    await keeper.write();
    await keeper.write();
    mkdirSync(dataDir);
    await keeper.write();
    expect(await readMemory(dataDir)).toEqual(EMPTY);
    expect(reasons).toEqual([expect.stringContaining("later"), expect.stringContaining("later"), undefined]);
  });
});
