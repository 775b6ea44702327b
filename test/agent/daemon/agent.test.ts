import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { pass } from "../../support/agent/fake-time.ts";
import { type HostedAgent, hostAgent, never } from "../../support/agent/hosted-agent.ts";
import { accepted, down, fileWith, invalidFile, refused, replyOf } from "../../support/agent/loaded.ts";
import { makeKey } from "../../support/keys.ts";

/** The agent with all its hands, on a fake clock. */

const [K1, K2, K3] = [makeKey(), makeKey(), makeKey()];
const [ONE, TWO, THREE] = [fileWith(K1), fileWith(K2), fileWith(K3)];
const [F1, F2, F3] = [ONE, TWO, THREE].map((file) => file.key.fingerprint);

const SECOND = 1000;
/** A change is read after half a minute at the latest, and rests for 0.4 s. */
const FOUND_MS = 30_500;

function lastSync({ syncs }: HostedAgent) {
  return syncs.at(-1)?.fingerprint;
}

function says({ lines }: HostedAgent, event: string): boolean {
  return lines.some((line) => line.includes(`>${event}: `));
}

describe("a new file", () => {
  it("does not wait for the trial of another one that hangs", async () => {
    const asked = (fingerprint: string, signal: AbortSignal) =>
      fingerprint === F2 ? never(signal) : Promise.resolve(accepted());
    const host = await hostAgent({ file: ONE, asked });
    await pass(SECOND);
    host.state.file = TWO;
    await pass(FOUND_MS);
    expect(lastSync(host)).toBe(F2);
    host.state.file = THREE;
    await pass(FOUND_MS + SECOND);
    expect(host.syncs.map(({ fingerprint }) => fingerprint)).toContain(F3);
    expect(host.agent.status()).toMatchObject({ state: "online", key: { fingerprint: F3 } });
  });

  it.each([
    ["out of reach", down()],
    ["refused", refused("revoked")],
  ])("does not wait for a request that hangs, of an executor that is %s", async (_what, outcome) => {
    let count = 0;
    const host = await hostAgent({
      file: ONE,
      asked: (fingerprint, signal) => {
        count += 1;
        return fingerprint === F1 && count > 1
          ? never(signal)
          : Promise.resolve(fingerprint === F1 ? outcome : accepted());
      },
    });
    await pass(20 * SECOND);
    expect(count).toBe(2);
    host.state.file = TWO;
    await pass(FOUND_MS);
    expect(host.agent.status()).toMatchObject({ state: "online", key: { fingerprint: F2 } });
  });

  it("leaves the heartbeat in flight of an executor that is online", async () => {
    let given: AbortSignal | undefined;
    let answer: ((outcome: SyncOutcome) => void) | undefined;
    const host = await hostAgent({
      file: ONE,
      async asked(fingerprint, signal) {
        if (fingerprint !== F1 || host.syncs.length < 2) {
          return accepted();
        }
        given = signal;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    await pass(6 * SECOND);
    host.state.file = TWO;
    await pass(FOUND_MS);
    expect(given?.aborted).toBe(false);
    answer?.(accepted());
    await pass(SECOND);
    expect(host.agent.status()).toMatchObject({ state: "online", key: { fingerprint: F2 } });
  });

  it("with another level of the journal applies it at once", async () => {
    const host = await hostAgent({ file: ONE, asked: async () => accepted() });
    await pass(SECOND);
    const before = host.lines.length;
    host.state.file = fileWith(K1, { level: "debug" });
    await pass(FOUND_MS + 6 * SECOND);
    const debug = host.lines.slice(before).filter((line) => line.startsWith("<7>"));
    expect(debug.length).toBeGreaterThan(0);
  });

  it("that is no configuration changes nothing, and its repair is said", async () => {
    const host = await hostAgent({ file: ONE, asked: async () => accepted() });
    await pass(SECOND);
    host.state.file = invalidFile();
    await pass(FOUND_MS + SECOND);
    expect(host.agent.status()).toMatchObject({ state: "online", pendingChange: { state: "unusable" } });
    host.state.file = ONE;
    await pass(FOUND_MS);
    expect(says(host, "config.restored")).toBe(true);
  });
});

describe("a refusal", () => {
  it("does not count while a change of the file is settling that may be the answer", async () => {
    const { promise: seen, resolve: see } = Promise.withResolvers<void>();
    const host = await hostAgent({
      file: ONE,
      async asked(fingerprint) {
        if (fingerprint === F1 && host.state.file === TWO) {
          await seen;
          return refused("revoked");
        }
        return accepted();
      },
    });
    await pass(SECOND);
    host.state.file = TWO;
    host.state.load = async () => see();
    await pass(FOUND_MS + SECOND);
    expect(host.agent.status()).toMatchObject({ state: "online", key: { fingerprint: F2 } });
    expect(says(host, "key.rotated")).toBe(true);
    const said = host.lines.filter((line) => line.includes(">key.refused: "));
    expect(said).toEqual([expect.stringContaining(`Trying the key ${F2} from the file.`)]);
  });

  it("counts after 2.5 s if the file does not answer", async () => {
    let isRevoked = false;
    const host = await hostAgent({
      file: ONE,
      asked: async () => (isRevoked ? refused("revoked") : accepted()),
    });
    await pass(SECOND);
    isRevoked = true;
    host.state.load = () => new Promise(() => {});
    await pass(4 * SECOND);
    expect(host.agent.status().state).toBe("online");
    await pass(4 * SECOND);
    expect(host.agent.status().state).toBe("key-refused");
  });
});

describe("systemd's watchdog", () => {
  const fed = ({ notified }: HostedAgent) => notified.filter((each) => each === "watchdog").length;

  it("is fed while the loop turns", async () => {
    const host = await hostAgent({ file: ONE, asked: async () => accepted(), watchdogIntervalMs: SECOND });
    await pass(60 * SECOND);
    expect(fed(host)).toBeGreaterThanOrEqual(59);
  });

  it("is no longer fed 30 s after the loop should have turned", async () => {
    const host = await hostAgent({
      file: ONE,
      asked: () => new Promise(() => {}),
      watchdogIntervalMs: SECOND,
    });
    await pass(29.5 * SECOND);
    expect(fed(host)).toBe(29);
    await pass(60 * SECOND);
    expect(fed(host)).toBe(29);
  });
});

describe("a reload", () => {
  it("ends when what the files say was tried, and tells systemd so", async () => {
    const answers: ((outcome: SyncOutcome) => void)[] = [];
    let isSlow = false;
    const host = await hostAgent({
      file: ONE,
      asked: () => (isSlow ? new Promise((resolve) => answers.push(resolve)) : Promise.resolve(accepted())),
    });
    await pass(SECOND);
    isSlow = true;
    host.state.file = TWO;
    let result: { readonly key: unknown } | undefined;
    const reload = host.agent.reload().then((status) => {
      result = status;
    });
    await pass(SECOND);
    expect(lastSync(host)).toBe(F2);
    expect(result).toBeUndefined();
    expect(host.notified.at(-1)).not.toBe("ready");
    answers.at(-1)?.(accepted(replyOf("k_2")));
    await pass(100);
    await reload;
    expect(result).toMatchObject({ state: "online", key: { fingerprint: F2 }, pendingChange: null });
    expect(host.notified.indexOf("reloading")).toBeLessThan(host.notified.lastIndexOf("ready"));
  });

  it.each(["reload", "retry"] as const)("and a retry sync at once: %s", async (what) => {
    const host = await hostAgent({ file: ONE, asked: async () => accepted() });
    await pass(SECOND);
    const before = host.syncs.length;
    const done = host.agent[what]();
    await pass(50);
    expect(await done).toMatchObject({ state: "online" });
    expect(host.syncs).toHaveLength(before + 1);
  });
});

describe("a stop", () => {
  it("writes down when the key was accepted last", async () => {
    const host = await hostAgent({ file: ONE, asked: async () => accepted() });
    await pass(50 * SECOND);
    const last = host.syncs.at(-1)?.at;
    host.end.abort();
    await pass(SECOND);
    await host.running;
    const memory = JSON.parse(readFileSync(join(host.dataDir, "state.json"), "utf8"));
    expect(memory.keys).toMatchObject([{ fingerprint: F1, verdict: "accepted", acceptedAt: last }]);
  });

  it.each([
    ["a request", "asked"],
    ["a file", "load"],
  ] as const)("takes less than 2 s although %s hangs, and is said", async (_what, part) => {
    const host = await hostAgent({ file: ONE, asked: async () => accepted() });
    await pass(SECOND);
    host.state[part] = () => new Promise<undefined>(() => {});
    await pass(31 * SECOND);
    let hasEnded = false;
    void host.running.then(() => {
      hasEnded = true;
    });
    host.end.abort();
    await pass(1900);
    expect(hasEnded).toBe(true);
    expect(host.notified).toContain("stopping");
    expect(says(host, "agent.stopped")).toBe(true);
  });
});

it("a restart spreads its first sync, and says when that is", async () => {
  const first = await hostAgent({
    file: ONE,
    asked: async () => accepted(replyOf("k_1", { restartSpreadMs: 12_000 })),
  });
  await pass(SECOND);
  first.end.abort();
  await pass(SECOND);
  await first.running;
  const again = await hostAgent({ file: ONE, asked: async () => accepted(), dataDir: first.dataDir });
  await pass(10);
  expect(again.syncs).toEqual([]);
  expect(again.lines.join("")).toContain("The first sync with cp.example.com is at ");
  await pass(12 * SECOND);
  expect(again.agent.status().state).toBe("online");
});

it("who waits for a state is answered when it is there", async () => {
  const host = await hostAgent({ file: ONE, asked: async () => accepted() });
  const waiting = host.agent.until(({ state }) => state === "online", new AbortController().signal);
  await pass(SECOND);
  expect(await waiting).toMatchObject({ state: "online" });
});
