import { describe, expect, it } from "vitest";
import { outcomeOfAnswer } from "../../../src/agent/sync/answer/answer.ts";
import { syncReply } from "../../../src/protocol/sync.ts";
import { fileWith } from "../../support/agent/loaded.ts";
import { counts, DAY, HOUR, MINUTE, SECOND, seededRandom, simulate } from "../../support/agent/simulation.ts";
import { makeKey } from "../../support/keys.ts";
import { runs } from "../../support/runs.ts";

const SYNC = { field: "syncExecutor", reply: syncReply };
const MOST_LINES_AT_ONCE = 20;
const REFILL_MS = 5 * MINUTE;
/** The longest interval that an agent obeys, with its jitter. */
const LONGEST_WAIT_MS = 1.05 * 5 * MINUTE;

/** A control plane that changes with each answer whatever it can, and a wall clock of its own. */
function hostile(seed: number, kinds: readonly ("accept" | "refuse" | "fail")[]) {
  const random = seededRandom(seed);
  const among = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const text = () => among([String(random()), "", "\n<0>x", "é".repeat(500), "exc_aaaaaaaaaaaaaaaa"]) ?? "";
  const moment = (now: number) =>
    among([null, 0, -1, now, now + 20 * SECOND, now + random() * 30 * DAY, 8.64e15, Number.MAX_SAFE_INTEGER]);
  const reply = (now: number) => ({
    executor: { id: text(), name: text() },
    key: { id: text(), name: text(), expiresAt: moment(now), revokesAt: moment(now) },
    organization: { id: text(), name: text(), slug: text() },
    heartbeatTimeoutMs: 1,
    syncIntervalMs: among([null, 1, 500, 60_000, Number.MAX_SAFE_INTEGER]),
    restartSpreadMs: among([null, 0, 1]),
    compatibility: {
      verdict: among(["supported", "deprecated", "out_of_support"]),
      recommendedVersion: among([null, text()]),
    },
    duplicates: Array.from({ length: Math.floor(random() * 3) }, () => ({
      instanceId: text(),
      hostName: text(),
      address: text(),
      lastSyncAt: moment(now) ?? 0,
    })),
    pendingUpgrade: null,
  });
  const bodyOf = (kind: (typeof kinds)[number] | undefined, now: number) => {
    if (kind === "accept") {
      return JSON.stringify({ data: { syncExecutor: reply(now) } });
    }
    if (kind === "fail") {
      return among(["", "{", `<title>${text()}</title>`, JSON.stringify({ message: text() })]);
    }
    const code = among(["UNAUTHENTICATED", "FORBIDDEN", text()]);
    const reason = among(["revoked", "expired", "unknown", "wrong_organization", text()]);
    return JSON.stringify({ errors: [{ message: text(), extensions: { code, reason } }] });
  };
  return (now: number) => {
    const kind = among(kinds);
    const date = new Date(now + (random() - 0.5) * 30 * DAY).toUTCString();
    const headers = {
      date: among([date, text()]),
      "retry-after": among(["0", "1", date, undefined]),
      location: text(),
    };
    const status = kind === "accept" ? 200 : (among([200, 301, 401, 403, 404, 429, 500, 503]) ?? 500);
    const answer = {
      status,
      headers,
      body: bodyOf(kind, now) ?? "",
      receivedAtMs: now,
      host: "cp.example.com",
      endpoint: "https://cp.example.com/graphql",
      sentFingerprint: "0a1b2c3d",
      isMarkExpected: among([true, false]) === true,
    };
    return outcomeOfAnswer(answer, SYNC);
  };
}

describe("a control plane that changes its answer with each sync", () => {
  it.for([
    ["accepts", ["accept"]],
    ["refuses", ["refuse"]],
    ["fails", ["fail"]],
    ["does a little of everything", ["accept", "refuse", "fail"]],
  ] as const)("and %s writes no more lines than time allows", ([_name, kinds]) => {
    for (let seed = 1; seed <= runs(1); seed += 1) {
      const answer = hostile(seed, kinds);
      const agent = simulate({ file: fileWith(makeKey()), answer: () => answer(agent.wallMs()), seed });
      agent.run(8 * HOUR);
      agent.change(fileWith(makeKey()));
      agent.run(16 * HOUR);
      const said = counts(agent.said);
      const most = MOST_LINES_AT_ONCE + agent.elapsedMs() / REFILL_MS;
      expect(agent.exchanges.length).toBeGreaterThan(agent.elapsedMs() / LONGEST_WAIT_MS);
      expect(agent.lines.length).toBeLessThanOrEqual(Object.keys(said).length * most);
      for (const event of Object.keys(said)) {
        expect(agent.lines.filter((line) => line.includes(`>${event}: `)).length).toBeLessThanOrEqual(most);
      }
    }
  });

  it("brings none of the lines about that are said once for a change of the files", () => {
    const answer = hostile(4, ["accept", "refuse", "fail"]);
    const agent = simulate({ file: fileWith(makeKey()), answer: () => answer(agent.wallMs()) });
    agent.run(DAY);
    const {
      "key.accepted": accepted = 0,
      "key.rotated": rotated = 0,
      "config.restored": restored = 0,
    } = counts(agent.said);
    expect(accepted + rotated + restored).toBeLessThanOrEqual(1);
  });
});
