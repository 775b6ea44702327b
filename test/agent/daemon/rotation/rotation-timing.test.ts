import { describe, expect, it } from "vitest";
import type { GenerationState } from "../../../../src/agent/daemon/rotation/generation-state.ts";
import type { SyncOutcome } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import type { SyncReply } from "../../../../src/protocol/sync.ts";
import { accepted, down, fileWith, refused, replyOf } from "../../../support/agent/loaded.ts";
import { DAY, HOUR, MINUTE, SECOND, type Simulation, simulate } from "../../../support/agent/simulation.ts";
import { makeKey } from "../../../support/keys.ts";

/** When something is due: on virtual time, to the millisecond. */

const [K1, K2] = [makeKey(), makeKey()];
const [F1, F2] = [K1, K2].map((secret) => fileWith(secret).key.fingerprint);

/** The control plane's answers to the two keys, changed at will. */
function twoKeys(one: SyncOutcome, two: SyncOutcome) {
  const says = { one, two };
  const answer = ({ generation }: GenerationState) =>
    generation.key.fingerprint === F1 ? says.one : says.two;
  return { says, answer };
}

function asked(agent: Simulation, fingerprint: string | undefined, from = 0): readonly number[] {
  return agent.exchanges
    .filter((each) => each.fingerprint === fingerprint && each.atMs >= from)
    .map(({ atMs }) => atMs);
}

describe("the proven key", () => {
  it("is tried within a second after each refusal of the file's, so that both are never slow together", () => {
    const { says, answer } = twoKeys(accepted(), refused("unknown"));
    const agent = simulate({ file: fileWith(K1), answer });
    agent.run(MINUTE);
    says.one = refused();
    agent.run(10 * MINUTE);
    agent.change(fileWith(K2));
    const from = agent.elapsedMs() + SECOND;
    agent.run(10 * MINUTE);
    const refusals = asked(agent, F2, from).filter((atMs) => atMs < agent.elapsedMs() - SECOND);
    expect(refusals.length).toBeGreaterThan(5);
    for (const atMs of refusals) {
      const next = asked(agent, F1).find((each) => each > atMs) ?? Infinity;
      expect(next - atMs).toBeLessThan(SECOND);
    }
  });

  it("keeps its own pace while it is accepted", () => {
    const { answer } = twoKeys(accepted(), refused("unknown"));
    const agent = simulate({ file: fileWith(K1), answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * MINUTE);
    const times = asked(agent, F1);
    const gaps = times.slice(1).map((atMs, n) => atMs - (times[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(4500);
    expect(gaps.length).toBeLessThan(11 * 13);
  });

  it("is not hurried by an outage of the file's key", () => {
    const { says, answer } = twoKeys(accepted(), down());
    const agent = simulate({ file: fileWith(K1), answer });
    agent.run(MINUTE);
    says.one = refused();
    agent.run(10 * MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * MINUTE);
    const times = asked(agent, F1, 12 * MINUTE);
    const gaps = times.slice(1).map((atMs, n) => atMs - (times[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(25 * SECOND);
  });
});

describe("the candidate does not wait out its backoff", () => {
  /** A candidate that was refused until it waits for most of a minute. */
  function atItsCap() {
    const { says, answer } = twoKeys(accepted(), refused("unknown"));
    const agent = simulate({ file: fileWith(K1), answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * MINUTE);
    return { says, agent };
  }

  it("when the running key is refused: it may be good by now", () => {
    const { says, agent } = atItsCap();
    const start = asked(agent, F2).at(-1) ?? 0;
    // Right after a trial of the candidate, so that its next one is far away.
    agent.run(Math.max(1, start + 100 - agent.elapsedMs()));
    says.one = refused("revoked");
    says.two = accepted(replyOf("k_2"));
    const from = agent.elapsedMs();
    agent.run(6 * SECOND);
    const refusedAt = asked(agent, F1, from)[0] ?? Number.NaN;
    const triedAt = asked(agent, F2, from)[0] ?? Number.NaN;
    expect(triedAt - refusedAt).toBeGreaterThanOrEqual(0);
    expect(triedAt - refusedAt).toBeLessThan(SECOND);
    expect(agent.status()).toMatchObject({ state: "online", key: { fingerprint: F2 } });
  });

  it("when the control plane is back after an outage of both", () => {
    const { says, answer } = twoKeys(accepted(), down());
    const agent = simulate({ file: fileWith(K1), answer });
    agent.run(MINUTE);
    says.one = down();
    agent.change(fileWith(K2));
    for (let trial = 0; trial < 20; trial += 1) {
      says.one = down();
      says.two = down();
      agent.run(2 * MINUTE);
      const from = agent.elapsedMs();
      says.one = accepted();
      says.two = refused("unknown");
      agent.run(MINUTE / 2);
      const backAt = asked(agent, F1, from)[0] ?? Infinity;
      const triedAt = asked(agent, F2, from)[0] ?? Infinity;
      expect(triedAt - backAt).toBeLessThan(SECOND);
    }
  });

  it("but is left alone by each heartbeat of a running key that was never away", () => {
    const { answer } = twoKeys(accepted(), down());
    const agent = simulate({ file: fileWith(K1), answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * MINUTE);
    const times = asked(agent, F2, 2 * MINUTE);
    const gaps = times.slice(1).map((atMs, n) => atMs - (times[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(11 * SECOND);
  });

  it("but is left alone by a control plane that is back, if it was refused", () => {
    const { says, agent } = atItsCap();
    for (let trial = 0; trial < 10; trial += 1) {
      says.one = down();
      agent.run(20 * SECOND);
      says.one = accepted();
      agent.run(20 * SECOND);
    }
    const times = asked(agent, F2, 11 * MINUTE);
    const gaps = times.slice(1).map((atMs, n) => atMs - (times[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(25 * SECOND);
  });

  it("and by further refusals of a running key that is refused already", () => {
    const { says, agent } = atItsCap();
    says.one = refused("revoked");
    agent.run(20 * MINUTE);
    const times = asked(agent, F2, 12 * MINUTE);
    const gaps = times.slice(1).map((atMs, n) => atMs - (times[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(25 * SECOND);
  });
});

describe("the end of a key", () => {
  const probe = simulate({ file: fileWith(K1), answer: () => accepted() });
  const start = probe.wallMs();
  const endsAt = (expiresAt: number | null, revokesAt: number | null) => {
    const key = { id: "k_1", name: "prod", expiresAt, revokesAt };
    const agent = simulate({ file: fileWith(K1), answer: () => accepted(replyOf("k_1", { key })) });
    agent.run(SECOND);
    return agent.status().key?.endsAt;
  };
  const iso = (ms: number) => new Date(ms).toISOString();

  it("is the earlier one of its expiry and of its grace", () => {
    const [soon, late] = [start + HOUR, start + 30 * DAY];
    expect(endsAt(soon, late)).toBe(iso(soon));
    expect(endsAt(late, soon)).toBe(iso(soon));
    expect(endsAt(soon, null)).toBe(iso(soon));
    expect(endsAt(null, soon)).toBe(iso(soon));
    expect(endsAt(null, null)).toBeNull();
  });

  it("is said of each of two keys that end", () => {
    const replyWith = (id: string): SyncReply =>
      replyOf(id, { key: { id, name: "prod", expiresAt: start + HOUR, revokesAt: null } });
    const { answer } = twoKeys(accepted(replyWith("k_1")), accepted(replyWith("k_2")));
    const agent = simulate({ file: fileWith(K1), answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(MINUTE);
    const said = agent.said
      .filter(({ event }) => event === "key.expiring")
      .map(({ fields }) => fields?.["keyId"]);
    expect(said).toEqual(["k_1", "k_2"]);
  });
});

it("a third process with the same key is said as well", () => {
  const twin = (instanceId: string) => ({
    instanceId,
    hostName: instanceId,
    address: null,
    lastSyncAt: 1,
    process: null,
  });
  const agent = simulate({
    file: fileWith(K1),
    answer: (_, atMs) =>
      accepted(
        replyOf("k_1", {
          duplicates: atMs < MINUTE ? [] : atMs < 2 * MINUTE ? [twin("a")] : [twin("a"), twin("b")],
        }),
      ),
  });
  agent.run(3 * MINUTE);
  expect(agent.said.filter(({ event }) => event === "executor.duplicate")).toHaveLength(2);
});

it("the spread of a restart is the last one that the control plane gave, or none", () => {
  const state = (restartSpreadMs: number | null) => accepted(replyOf("k_1", { restartSpreadMs }));
  let last: number | undefined;
  const agent = simulate({
    file: fileWith(K1),
    answer: (current, atMs) => {
      last = current.restartSpreadMs;
      return state(atMs < MINUTE ? 2400 : null);
    },
  });
  agent.run(MINUTE);
  expect(last).toBe(2400);
  agent.run(MINUTE);
  expect(last).toBeUndefined();
});
