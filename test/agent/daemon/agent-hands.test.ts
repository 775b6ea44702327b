import { describe, expect, it } from "vitest";
import type { AgentConfig } from "../../../src/agent/config/schema/agent-config.ts";
import { type NodesPart, WITHOUT_NODES } from "../../../src/agent/daemon/nodes-part.ts";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { pass } from "../../support/agent/fake-time.ts";
import { type HostedAgent, hostAgent } from "../../support/agent/hosted-agent.ts";
import {
  accepted,
  damagedFile,
  down,
  fileWith,
  forbidden,
  invalidFile,
  refused,
  replyOf,
} from "../../support/agent/loaded.ts";
import { makeKey } from "../../support/keys.ts";

/** What the agent does beside deciding: whom it tells, what it closes, and when. */

const [K1, K2, K3] = [makeKey(), makeKey(), makeKey()];
const [ONE, TWO, THREE] = [fileWith(K1), fileWith(K2), fileWith(K3)];
const [F1, F2, F3] = [ONE, TWO, THREE].map((file) => file.key.fingerprint);

const SECOND = 1000;
/** A change is read after half a minute at the latest, and rests for 0.4 s. */
const FOUND_MS = 30_500;
const IN_OTHER = { organization: { id: "o_2", name: "Other", slug: "other" } };

const says = ({ lines }: HostedAgent, event: string) => lines.some((line) => line.includes(`>${event}: `));
const online = (changes: Partial<Parameters<typeof hostAgent>[0]> = {}) =>
  hostAgent({ file: ONE, asked: async () => accepted(), ...changes });

/** Answers that the test gives when it wants to. */
function slowAnswers() {
  const answers: ((outcome: SyncOutcome) => void)[] = [];
  const asked = () => new Promise<SyncOutcome>((resolve) => answers.push(resolve));
  return { asked, answer: (outcome = accepted()) => answers.shift()?.(outcome) };
}

describe("a start", () => {
  it("is told to systemd, with the moment, and without a first sync that is far away", async () => {
    const host = await online();
    const startedAt = new Date().toISOString();
    await pass(SECOND);
    expect(host.agent.status().startedAt).toBe(startedAt);
    expect(host.notified).toContain("ready");
    expect(host.lines.find((line) => line.includes("agent.started"))).toMatch(/ with \S+agent\.toml\.\n$/u);
  });

  it("says what is wrong with the file", async () => {
    const host = await online({ file: damagedFile() });
    expect(says(host, "key.unusable")).toBe(true);
  });
});

it("systemd is told each change of the state", async () => {
  let answer = accepted();
  const host = await online({ asked: async () => answer });
  await pass(SECOND);
  const before = host.notified.at(-1);
  answer = down();
  await pass(6 * SECOND);
  expect(host.notified.at(-1)).not.toBe(before);
  expect(host.notified.at(-1)).toContain("unreachable");
});

describe("a reload", () => {
  it("is said to the journal and to systemd, and renews the connection", async () => {
    const host = await online();
    await pass(SECOND);
    const done = host.agent.reload();
    await pass(50);
    await done;
    expect(says(host, "reload.requested")).toBe(true);
    expect(host.notified).toContain("reloading");
    expect(host.asks).toEqual([`renew ${F1}`]);
  });

  it.each(["reload", "retry"] as const)("and a retry wait for the answer: %s", async (what) => {
    const { asked, answer } = slowAnswers();
    const host = await online();
    await pass(SECOND);
    host.state.asked = asked;
    let isOver = false;
    const done = host.agent[what]().then(() => {
      isOver = true;
    });
    await pass(3 * SECOND);
    expect(isOver).toBe(false);
    answer();
    await pass(50);
    await done;
  });

  it.each(["reload", "retry"] as const)("and a retry are over at once without a key: %s", async (what) => {
    const host = await online({ file: damagedFile() });
    await pass(SECOND);
    let isOver = false;
    void host.agent[what]().then(() => {
      isOver = true;
    });
    await pass(50);
    expect(isOver).toBe(true);
  });
});

describe("the part that keeps nodes", () => {
  function nodesPart() {
    const configured: AgentConfig[] = [];
    const synced: string[] = [];
    const calls = { syncSoon: () => {} };
    const nodes: NodesPart = {
      ...WITHOUT_NODES,
      configure: (config) => void configured.push(config),
      synced: (_sent, reply) => void synced.push(reply.key.id),
      async run(signal, syncSoon) {
        calls.syncSoon = syncSoon;
        await WITHOUT_NODES.run(signal, syncSoon);
      },
    };
    return { nodes, configured, synced, calls };
  }

  it("has each valid configuration, from the start, and no other", async () => {
    const { nodes, configured } = nodesPart();
    const host = await online({ nodes });
    expect(configured).toEqual([ONE.config]);
    host.state.file = invalidFile();
    await pass(FOUND_MS + SECOND);
    host.state.file = TWO;
    await pass(FOUND_MS + SECOND);
    expect(configured).toEqual([ONE.config, TWO.config]);
  });

  it("hears of each sync that was accepted, and of no other", async () => {
    const { nodes, synced } = nodesPart();
    const host = await online({ nodes });
    await pass(7 * SECOND);
    expect(synced).toEqual(["k_1", "k_1"]);
    host.state.asked = async () => down();
    await pass(30 * SECOND);
    expect(synced).toHaveLength(2);
  });

  it("with news has a sync at once while the executor is online, and systemd is told", async () => {
    const { nodes, calls } = nodesPart();
    const host = await online({ nodes });
    await pass(SECOND);
    const told = host.notified.length;
    calls.syncSoon();
    expect(host.notified).toHaveLength(told + 1);
    await pass(50);
    expect(host.syncs).toHaveLength(2);
  });

  it("with news does not ask a control plane that is out of reach more often", async () => {
    const { nodes, calls } = nodesPart();
    const host = await online({ nodes, asked: async () => down() });
    await pass(SECOND);
    calls.syncSoon();
    await pass(50);
    expect(host.syncs).toHaveLength(1);
  });
});

describe("before a verdict counts, the files are read again", () => {
  it.each([
    ["refused", refused("revoked"), 1],
    ["forbidden", forbidden(), 1],
    ["out of reach", down(), 0],
    ["accepted", accepted(), 0],
  ] as const)("%s", async (_what, outcome, reads) => {
    const host = await online();
    await pass(SECOND);
    const before = host.loads();
    host.state.asked = async () => outcome;
    await pass(5 * SECOND);
    expect(host.syncs.length).toBeGreaterThan(1);
    expect(host.loads() - before).toBe(reads * (host.syncs.length - 1));
  });

  it("and what they hold then takes the place of the key that was refused", async () => {
    const host = await online({
      asked: async (fingerprint) => (fingerprint === F2 ? refused("revoked") : accepted()),
    });
    await pass(SECOND);
    host.state.asked = async (fingerprint) => {
      if (fingerprint !== F2) {
        return accepted();
      }
      host.state.file = THREE;
      return refused("revoked");
    };
    host.state.file = TWO;
    await pass(2 * FOUND_MS);
    expect(host.agent.status()).toMatchObject({ state: "online", key: { fingerprint: F3 } });
    host.end.abort();
    await pass(3 * SECOND);
    await host.running;
  });
});

describe("the organization of the host", () => {
  const asked = async (fingerprint: string) =>
    accepted(fingerprint === F1 ? replyOf("k_1") : replyOf("k_2", IN_OTHER));
  const expected = ({ syncs }: HostedAgent, of: string | undefined) =>
    syncs.filter(({ fingerprint }) => fingerprint === of).map((sync) => sync.expectedOrganizationId);

  it("is expected of each key, once it is known", async () => {
    const host = await online({ asked });
    await pass(6 * SECOND);
    expect(expected(host, F1)).toEqual([undefined, "o_1"]);
    host.state.file = TWO;
    await pass(FOUND_MS + SECOND);
    expect(expected(host, F2)[0]).toBe("o_1");
  });

  it("may become another one once it is allowed, with another key, and with no later one", async () => {
    const host = await online({ asked });
    await pass(SECOND);
    host.agent.allowNewOrganization();
    await pass(6 * SECOND);
    expect(expected(host, F1).at(-1)).toBe("o_1");
    host.state.file = TWO;
    await pass(FOUND_MS + SECOND);
    expect(expected(host, F2)[0]).toBeUndefined();
    expect(host.agent.status()).toMatchObject({ state: "online", key: { fingerprint: F2 } });
    await pass(6 * SECOND);
    expect(expected(host, F2).at(-1)).toBe("o_2");
    host.state.file = THREE;
    await pass(FOUND_MS + SECOND);
    expect(expected(host, F3)[0]).toBe("o_2");
  });

  it("stays free to change while the allowed key is not accepted", async () => {
    const host = await online({ asked: async () => accepted() });
    await pass(SECOND);
    host.agent.allowNewOrganization();
    host.state.asked = async (fingerprint) => (fingerprint === F2 ? refused() : accepted());
    host.state.file = TWO;
    await pass(FOUND_MS + 20 * SECOND);
    expect(new Set(expected(host, F2))).toEqual(new Set([undefined]));
  });

  it("is expected of nobody if it is allowed before there is a key", async () => {
    const first = await online();
    await pass(SECOND);
    first.end.abort();
    await pass(3 * SECOND);
    await first.running;
    const host = await online({ dataDir: first.dataDir, file: damagedFile(), asked });
    host.agent.allowNewOrganization();
    host.state.file = TWO;
    await pass(FOUND_MS + SECOND);
    expect(expected(host, F2)[0]).toBeUndefined();
  });
});

describe("connections", () => {
  it("of a key that is no longer in use are closed", async () => {
    const host = await online();
    await pass(SECOND);
    host.state.file = TWO;
    await pass(FOUND_MS + SECOND);
    expect(host.asks).toEqual([`close ${F1}`]);
  });

  it("are closed at the end, after the control plane was told of it", async () => {
    const host = await online();
    await pass(SECOND);
    host.end.abort();
    await pass(SECOND);
    await host.running;
    expect(host.asks).toEqual([`sign off ${F1}`, `close ${F1}`]);
  });

  it("are closed at the end although nobody can be told", async () => {
    const host = await online({ asked: async () => down() });
    await pass(SECOND);
    host.end.abort();
    await pass(SECOND);
    await host.running;
    expect(host.asks).toEqual([`close ${F1}`]);
  });
});

it("garbage is collected after each thousandth sync", async () => {
  const collectedAt: number[] = [];
  const host = await online({ collectGarbage: () => void collectedAt.push(host.syncs.length) });
  while (host.syncs.length < 1010) {
    void host.agent.retry();
    await pass(0);
  }
  expect(collectedAt).toEqual([1000]);
});

it("the name that the executor keeps is said after each sync that told it", async () => {
  const kept: (string | undefined)[] = [];
  const host = await online({ nameKept: (name) => void kept.push(name) });
  await pass(6 * SECOND);
  expect(kept).toHaveLength(host.syncs.length);
});

it("systemd's watchdog is fed while there is nothing to sync for minutes", async () => {
  const host = await online({ file: damagedFile(), watchdogIntervalMs: SECOND });
  await pass(5 * 60 * SECOND);
  expect(host.notified.filter((each) => each === "watchdog").length).toBeGreaterThanOrEqual(299);
});
