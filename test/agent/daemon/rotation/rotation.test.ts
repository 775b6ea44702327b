import { describe, expect, it } from "vitest";
import type { GenerationState, KeyMemory } from "../../../../src/agent/daemon/rotation/generation-state.ts";
import type { SyncOutcome } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import {
  accepted,
  damagedFile,
  down,
  fileWith,
  forbidden,
  refused,
  replyOf,
} from "../../../support/agent/loaded.ts";
import {
  counts,
  HOUR,
  MINUTE,
  SECOND,
  type Simulation,
  simulate,
} from "../../../support/agent/simulation.ts";
import { makeKey } from "../../../support/keys.ts";

/** The recipe of a rotation as what the journal says and the status shows, on virtual time. */

const K1 = makeKey();
const K2 = makeKey();
const K3 = makeKey();
const [F1, F2, F3] = [K1, K2, K3].map((secret) => fileWith(secret).key.fingerprint);

/** What the control plane says to each key, changed at will. */
function controlPlane(initial: Readonly<Record<string, SyncOutcome>>) {
  const verdicts = new Map(Object.entries(initial));
  return {
    set: (secret: string, outcome: SyncOutcome) => verdicts.set(secret, outcome),
    answer({ generation }: GenerationState): SyncOutcome {
      const secret = [K1, K2, K3].find((each) => fileWith(each).key.equals(generation.key)) ?? "";
      return verdicts.get(secret) ?? refused("unknown");
    },
  };
}

function events(agent: Simulation): readonly string[] {
  return agent.said.map(({ event }) => event);
}

function last(agent: Simulation): string {
  return agent.said.at(-1)?.message ?? "";
}

const GOOD_1 = accepted(replyOf("k_1"));
const GOOD_2 = accepted(replyOf("k_2"));

describe("a second key, then the first one revoked", () => {
  it("says which key it is on, which one it was on, and that that one can go", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: GOOD_2 });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(SECOND);
    plane.set(K1, refused("revoked"));
    agent.run(HOUR);
    expect(events(agent)).toEqual(["key.accepted", "key.new", "key.rotated"]);
    expect(agent.said[1]?.message).toBe(
      `Trying the new key ${F2} in agent.toml line 7. Staying on key ${F1} (prod, k_1) until it is accepted.`,
    );
    expect(last(agent)).toMatch(
      new RegExp(
        `^Switched to key ${F2} \\(prod, k_2\\), from key ${F1} \\(prod, k_1\\), last accepted at [\\d: -]+ UTC\\. The old key can be revoked\\.$`,
      ),
    );
    expect(agent.status()).toMatchObject({
      state: "online",
      pendingChange: null,
      key: { fingerprint: F2, id: "k_2" },
    });
    expect(
      agent.exchanges.filter(({ atMs, fingerprint }) => atMs > MINUTE + SECOND && fingerprint === F1),
    ).toEqual([]);
  });

  it("which the file had before, and which was replaced since, is called that and not new", () => {
    const acceptedAt = 1_700_000_000_000;
    const memory = {
      verdict: "refused",
      acceptedAt: undefined,
      keyId: undefined,
      keyName: undefined,
    } as const;
    const newer = { fingerprint: "48730d42", acceptedAt };
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: refused("revoked") });
    const agent = simulate({
      file: fileWith(K1),
      answer: plane.answer,
      recall: (fingerprint) =>
        fingerprint === F2
          ? { ...memory, keyEndsAt: undefined, restartSpreadMs: undefined, newer }
          : undefined,
    });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(SECOND);
    expect(agent.said[1]?.message).toMatch(
      new RegExp(
        `^Trying the key ${F2} in agent\\.toml line 7, which went back to it: key 48730d42 replaced it, and was last accepted at 2023-`,
      ),
    );
  });

  it("is undone before the control plane answered: nothing happened", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: down() });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * SECOND);
    expect(agent.status()).toMatchObject({
      state: "online",
      pendingChange: { fingerprint: F2, state: "unreachable" },
    });
    agent.change(fileWith(K1));
    agent.run(MINUTE);
    expect(events(agent)).toEqual(["key.accepted", "key.new", "config.untried", "config.restored"]);
    expect(agent.status()).toMatchObject({ state: "online", pendingChange: null, key: { fingerprint: F1 } });
  });

  it("overtaken by a third key: only that one is asked about from then on", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: refused("expired"), [K3]: GOOD_2 });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(MINUTE);
    agent.change(fileWith(K3));
    agent.run(MINUTE);
    expect(events(agent)).toEqual(["key.accepted", "key.new", "key.new-refused", "key.new", "key.rotated"]);
    expect(
      agent.exchanges.filter(({ atMs, fingerprint }) => atMs > 2 * MINUTE && fingerprint === F2),
    ).toEqual([]);
  });
});

describe("a change of settings, with the key that is in use", () => {
  const elsewhere = fileWith(K1, { url: "https://other.example.com" });
  const withOther = (outcome: SyncOutcome) => (state: GenerationState) =>
    state.generation.config.controlPlane.url === elsewhere.config.controlPlane.url ? outcome : GOOD_1;

  it.each([
    [down(), "config.untried", /^The new control_plane\.url could not be tried: .* Still online with key /u],
    [
      refused("unknown"),
      "key.new-refused",
      /^The key \w{8} in agent\.toml line 7 was refused with the new control_plane\.url \(401 unknown\): /u,
    ],
  ])("is named as what it is when it does not take: %j", (outcome, event, line) => {
    const agent = simulate({ file: fileWith(K1), answer: withOther(outcome) });
    agent.run(MINUTE);
    agent.change(elsewhere);
    agent.run(SECOND);
    expect(agent.said[1]?.message).toBe(
      `Trying the new settings (control_plane.url). Staying on key ${F1} (prod, k_1) until they are accepted.`,
    );
    expect(agent.said.at(-1)).toMatchObject({ event, message: expect.stringMatching(line) });
    expect(agent.status().pendingChange?.reason).not.toContain("new key");
  });

  it("counts another text of the CA file as a new ca_file", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => GOOD_1 });
    agent.run(MINUTE);
    agent.change({ ...fileWith(K1), caPem: "another" });
    expect(agent.said[1]?.message).toMatch(/^Trying the new settings \(control_plane\.ca_file\)\. /u);
  });
});

describe("the old key is dead before the new one is there", () => {
  it("says so at once, names why and what to do, and takes the new key without a probe", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: GOOD_2 });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    plane.set(K1, refused("revoked"));
    agent.run(10 * SECOND);
    expect(last(agent)).toMatch(
      new RegExp(
        `^cp\\.example\\.com refused key ${F1} \\(prod, k_1\\) \\(401 revoked\\): it was revoked or rotated; it was last accepted at [\\d: -]+ UTC\\. The nodes keep running\\. Put a working key into agent\\.toml line 7 \\(sudo novacula-agent set-key\\)\\. No restart is needed\\.$`,
      ),
    );
    agent.change(fileWith(K2));
    agent.run(SECOND);
    expect(agent.status()).toMatchObject({ state: "online", key: { fingerprint: F2 } });
    expect(events(agent)).toEqual(["key.accepted", "key.refused", "key.new", "key.rotated"]);
    expect(last(agent)).toContain("The old key is already refused.");
  });

  it("a 403 reads differently from a 401", () => {
    const plane = controlPlane({ [K1]: forbidden("wrong_organization") });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(SECOND);
    expect(events(agent)).toEqual(["key.forbidden"]);
    expect(last(agent)).toContain(
      "(403 wrong_organization): it belongs to an organization that is not the executor's",
    );
    expect(last(agent)).toContain("novacula-agent set-key --new-organization");
    expect(agent.status().state).toBe("forbidden");
  });

  it("a refused key is tried at once when its file is saved again, and on retry", () => {
    const plane = controlPlane({ [K1]: refused() });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(10 * MINUTE);
    const before = agent.exchanges.length;
    agent.change(fileWith(K1));
    agent.run(1);
    expect(agent.exchanges.length).toBe(before + 1);
    agent.retry();
    agent.run(1);
    expect(agent.exchanges.length).toBe(before + 2);
  });
});

describe("the new key is bad, the old one works", () => {
  it.each([
    ["unknown", refused("unknown"), "does not know it"],
    ["revoked", refused("revoked"), "it was revoked or rotated"],
    ["expired", refused("expired"), "it has expired"],
    ["without a reason", refused(), "it was never accepted here"],
    [
      "of another organization",
      forbidden("wrong_organization"),
      "it belongs to an organization that is not the executor's",
    ],
    [
      "for another executor",
      forbidden("key_targets_other_executor"),
      "issued for an executor other than agent-1",
    ],
    ["for a deleted executor", forbidden("target_deleted"), "issued for an executor that was deleted"],
    ["at its limit", forbidden("key_executor_limit"), "registered as many executors as one key may"],
    ["bound elsewhere", forbidden("key_held_by_other_executor"), "this one is bound to another executor"],
  ])(
    "%s: stays online, says what is wrong with the new one and what a restart would do",
    (_name, outcome, why) => {
      const plane = controlPlane({ [K1]: GOOD_1, [K2]: outcome });
      const agent = simulate({ file: fileWith(K1), answer: plane.answer });
      agent.run(MINUTE);
      agent.change(fileWith(K2));
      agent.run(10 * MINUTE);
      const complaint = agent.said.find(({ event }) => event === "key.new-refused")?.message ?? "";
      expect(complaint).toContain(`The new key ${F2} in agent.toml line 7 was refused`);
      expect(complaint).toContain(why);
      expect(complaint).toContain(
        `Still online with key ${F1} (prod, k_1); if restarted now, the agent could not come online.`,
      );
      expect(agent.status()).toMatchObject({
        state: "online",
        key: { fingerprint: F1 },
        pendingChange: { fingerprint: F2, state: "refused" },
      });
      const gaps = agent.exchanges.filter(({ fingerprint }) => fingerprint === F1).map(({ atMs }) => atMs);
      expect(Math.max(...gaps.slice(1).map((atMs, i) => atMs - (gaps[i] ?? 0)))).toBeLessThan(6000);
    },
  );

  it("cut off when copied is named first", () => {
    const finding = {
      code: "unusual-length",
      severity: "warning" as const,
      problem: "has 40 characters after exc_, but a key has 64: probably cut off when copied",
      remedy: "Copy it again.",
    };
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: refused("unknown") });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2, { findings: [finding] }));
    agent.run(SECOND);
    expect(last(agent)).toContain("probably cut off when copied (has 40 characters");
  });

  it("accepted after all (a key may need a moment to be known everywhere): the switch is silent", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: refused("unknown") });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(2 * SECOND);
    plane.set(K2, GOOD_2);
    agent.run(5 * SECOND);
    expect(events(agent)).toEqual(["key.accepted", "key.new", "key.new-refused", "key.rotated"]);
    expect(agent.status().state).toBe("online");
  });
});

describe("a control plane that refuses good keys for a while", () => {
  it("a bad edit in the middle of it does not evict the good key: it is tried second, and is back", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: refused("unknown") });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    plane.set(K1, refused());
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * MINUTE);
    expect(agent.status()).toMatchObject({ state: "key-refused", key: { fingerprint: F2 } });
    plane.set(K1, GOOD_1);
    agent.run(70 * SECOND);
    expect(agent.status()).toMatchObject({
      state: "online",
      key: { fingerprint: F1 },
      pendingChange: { fingerprint: F2, state: "refused" },
    });
    const fallback = agent.said.find(({ event }) => event === "key.fallback")?.message ?? "";
    expect(fallback).toMatch(
      new RegExp(
        `^Online again with the earlier key ${F1} \\(prod, k_1\\): the key ${F2} in agent\\.toml line 7 is not accepted\\.`,
      ),
    );
    expect(fallback).toContain("If restarted now, the agent could not come online");
  });

  it("the same key comes back by itself, and that is said with how long it was", () => {
    const plane = controlPlane({ [K1]: GOOD_1 });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(MINUTE);
    plane.set(K1, refused());
    agent.run(30 * SECOND);
    plane.set(K1, GOOD_1);
    agent.run(MINUTE);
    expect(events(agent)).toEqual(["key.accepted", "key.refused", "key.recovered"]);
    expect(last(agent)).toMatch(
      /^cp\.example\.com accepts key [0-9a-f]{8} \(prod, k_1\) again after [\d.]+ s \(\d+ refusals\)\.$/,
    );
  });
});

describe("a restart", () => {
  const memory = (verdict: KeyMemory["verdict"], atMs: number): KeyMemory => ({
    verdict,
    acceptedAt: atMs,
    keyId: "k_1",
    keyName: "prod",
    keyEndsAt: undefined,
    restartSpreadMs: undefined,
  });

  it("during an outage, with a new key put in before the first answer: the remembered key stays until the new one is accepted", () => {
    const plane = controlPlane({ [K1]: down(), [K2]: down() });
    const recall = (fingerprint: string) => (fingerprint === F1 ? memory("accepted", 1) : undefined);
    const agent = simulate({ file: fileWith(K1), answer: plane.answer, recall });
    agent.run(10 * SECOND);
    agent.change(fileWith(K2));
    agent.run(10 * SECOND);
    expect(agent.status()).toMatchObject({ state: "unreachable", key: { fingerprint: F1, id: "k_1" } });
    plane.set(K1, GOOD_1);
    plane.set(K2, refused("unknown"));
    agent.run(MINUTE);
    expect(agent.status()).toMatchObject({ state: "online", key: { fingerprint: F1 } });
  });

  it("with a key that was revoked meanwhile: says until when it was accepted", () => {
    const agent = simulate({
      file: fileWith(K1),
      answer: () => refused(),
      recall: () => memory("accepted", Date.UTC(2026, 4, 30, 12)),
    });
    agent.run(SECOND);
    expect(last(agent)).toMatch(
      /it was last accepted at 2026-05-30 12:00:00 UTC, and has been rotated, revoked or has expired since/,
    );
  });

  it("what an earlier process knew of the new key displaces nothing that runs", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: refused("revoked"), [K3]: refused("unknown") });
    const recall = (fingerprint: string) => (fingerprint === F2 ? memory("accepted", 5) : undefined);
    const agent = simulate({ file: fileWith(K1), answer: plane.answer, recall });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(MINUTE);
    agent.change(fileWith(K3));
    agent.run(MINUTE);
    expect(agent.status()).toMatchObject({
      state: "online",
      key: { fingerprint: F1 },
      pendingChange: { fingerprint: F3 },
    });
  });
});

describe("the key ends on a date", () => {
  it("is warned of ahead, expires with its date, and the switch before it is silent", () => {
    const start = simulate({ file: fileWith(K1), answer: () => GOOD_1 }).wallMs();
    const end = start + 2 * HOUR;
    const ending = accepted(
      replyOf("k_1", { key: { id: "k_1", name: "prod", expiresAt: end, revokesAt: null } }),
    );
    const plane = controlPlane({ [K1]: ending, [K2]: GOOD_2 });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(HOUR);
    agent.change(fileWith(K2));
    agent.run(2 * HOUR);
    expect(counts(agent.said)).toEqual({
      "key.accepted": 1,
      "key.expiring": 1,
      "key.new": 1,
      "key.rotated": 1,
    });
  });

  it("when nobody acts, the refusal names the date", () => {
    const start = simulate({ file: fileWith(K1), answer: () => GOOD_1 }).wallMs();
    const end = start + HOUR;
    const ending = accepted(
      replyOf("k_1", { key: { id: "k_1", name: "prod", expiresAt: end, revokesAt: null } }),
    );
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => (atMs < HOUR ? ending : { ...refused("expired"), serverTimeMs: start + atMs }),
    });
    agent.run(HOUR + 10 * SECOND);
    expect(last(agent)).toMatch(
      /\(401 expired\): it expired at 2026-06-01 \d\d:00:00 UTC; it was last accepted at /,
    );
  });
});

describe("settings beside the key", () => {
  it("logging is applied at once; a data_dir is said to need a restart", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => GOOD_1 });
    agent.run(SECOND);
    agent.change(fileWith(K1, { level: "debug", dataDir: "/srv/novacula" }));
    agent.run(MINUTE);
    expect(events(agent)).toEqual(["key.accepted", "config.applied", "config.needs-restart"]);
    expect(agent.said[1]?.message).toBe("Applied without a restart: logging.level.");
    expect(last(agent)).toContain("agent.data_dir");
  });

  it("a data_dir that is put back needs no restart, and neither does one that stays changed", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => GOOD_1 });
    agent.run(SECOND);
    agent.change(fileWith(K1, { dataDir: "/srv/novacula" }));
    agent.change(fileWith(K1, { dataDir: "/srv/novacula", level: "debug" }));
    agent.change(fileWith(K1, { level: "debug" }));
    expect(events(agent)).toEqual([
      "key.accepted",
      "config.needs-restart",
      "config.applied",
      "config.restored",
    ]);
    expect(last(agent)).toBe(
      "agent.toml matches the running configuration again: agent.data_dir. No restart is needed for it.",
    );
    agent.change(fileWith(K1, { dataDir: "/srv/other", level: "debug" }));
    agent.change(fileWith(K1, { dataDir: "/srv/novacula", level: "debug" }));
    expect(events(agent).slice(4)).toEqual(["config.needs-restart", "config.needs-restart"]);
  });

  it("a data_dir that changes with the key needs a restart too", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => GOOD_1 });
    agent.run(SECOND);
    agent.change(fileWith(K2, { dataDir: "/srv/novacula" }));
    expect(events(agent)).toEqual(["key.accepted", "config.needs-restart", "key.new"]);
  });

  it("the settings of nodes are applied at once", () => {
    const file = fileWith(K1);
    const agent = simulate({ file, answer: () => GOOD_1 });
    agent.run(SECOND);
    const { config } = file;
    agent.change({
      ...file,
      digest: "another",
      config: {
        ...config,
        reconciler: { intervalMs: 1 },
        reporter: { intervalMs: 1, scrapeTimeoutMs: 1 },
      },
    });
    agent.run(SECOND);
    expect(events(agent)).toEqual(["key.accepted", "config.applied"]);
    expect(agent.said.at(-1)?.message).toContain("reconciler.interval_secs");
  });

  it("a new name is another executor, also if the name was in use before, and the line says so", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => GOOD_1 });
    agent.run(SECOND);
    agent.change(fileWith(K1, { name: "agent-2" }));
    agent.run(SECOND);
    expect(events(agent)).toEqual(["key.accepted", "config.new", "executor.renamed"]);
    expect(last(agent)).toContain(
      "This host is now executor agent-2 instead of agent-1, which goes offline. Nodes stay with their executor: to keep those of agent-1, set agent.name back.",
    );
    agent.change(fileWith(K1));
    agent.run(SECOND);
    expect(last(agent)).toContain(
      "This host is now executor agent-1 instead of agent-2, which goes offline.",
    );
  });

  it("a new URL with the same key is a switch, not a rotation", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => GOOD_1 });
    agent.run(SECOND);
    agent.change(fileWith(K1, { url: "https://cp2.example.com" }));
    agent.run(SECOND);
    expect(events(agent)).toEqual(["key.accepted", "config.new", "config.switched"]);
  });

  it("damage while the new key is being tried gives the probe up", () => {
    const plane = controlPlane({ [K1]: GOOD_1, [K2]: refused() });
    const agent = simulate({ file: fileWith(K1), answer: plane.answer });
    agent.run(SECOND);
    agent.change(fileWith(K2));
    agent.run(SECOND);
    agent.change(damagedFile());
    agent.run(HOUR);
    expect(
      agent.exchanges.filter(({ atMs, fingerprint }) => atMs > 3 * SECOND && fingerprint === F2),
    ).toEqual([]);
    expect(agent.status()).toMatchObject({
      state: "online",
      pendingChange: { state: "unusable", fingerprint: null },
    });
  });
});
