import { describe, expect, it, onTestFinished } from "vitest";
import {
  adviseRefusal,
  codeOf,
  type KeyRoute,
  refusedKeyOf,
} from "../../../../src/agent/daemon/narration/refusal-advice.ts";
import { newGenerationState } from "../../../../src/agent/daemon/rotation/generation-state.ts";
import { diagnoseKey } from "../../../../src/agent/key/diagnose-key.ts";
import type { Refusal } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import { adviseInPod } from "../../../../src/lib/shell-word.ts";
import { fileWith } from "../../../support/agent/loaded.ts";
import { makeKey } from "../../../support/keys.ts";

const FILE: KeyRoute = { kind: "file" };
const MOVE = "novacula-agent set-key --new-organization -c /srv/a.toml";
const COMMAND: KeyRoute = { kind: "command", again: "Run set-key again", move: MOVE };
const KEY = makeKey();

interface Case {
  readonly key?: string;
  readonly kind?: Refusal["kind"];
  readonly reason?: string | undefined;
  readonly route?: KeyRoute;
  readonly facts?: Refusal["facts"];
  readonly isMarked?: boolean;
  readonly organization?: Refusal["executorOrganization"];
  /** It was accepted here before. */
  readonly wasAccepted?: boolean;
}

/** What is said of a key that was never accepted here, and stands in line 7 of agent.toml. */
function advise(given: Case) {
  const { key = KEY, kind = "refused", reason, route = FILE } = given;
  const { facts = {}, isMarked = true, organization } = given;
  const { findings } = diagnoseKey(key, { kind: "config" }, (index) => ({ line: 7, column: index + 17 }));
  const generation = { ...fileWith(key, { findings }), id: 1, file: "agent.toml" };
  const answer = {
    httpStatus: 401,
    message: "no",
    facts,
    isMarked,
    serverTimeMs: undefined,
    retryAfterMs: undefined,
    ...(organization !== undefined && { executorOrganization: organization }),
  };
  const refused = refusedKeyOf(newGenerationState(generation, systemClock.now(), undefined));
  const acceptedAt = given.wasAccepted === true ? systemClock.now() : undefined;
  return adviseRefusal({ kind, reason, ...answer }, { ...refused, acceptedAt }, systemClock, route);
}

describe("a key that another one had replaced", () => {
  const [acceptedAt, later] = [systemClock.now() - 60_000, systemClock.now()];

  it.each(["revoked", "expired", "unknown"])("and is %s now has the file that went back", (reason) => {
    const { findings } = diagnoseKey(KEY, { kind: "config" }, () => ({ line: 7, column: 1 }));
    const generation = { ...fileWith(KEY, { findings }), id: 1, file: "agent.toml" };
    const state = newGenerationState(generation, later, {
      verdict: "refused",
      acceptedAt,
      newer: { fingerprint: "48730d42", acceptedAt: later },
      keyId: undefined,
      keyName: undefined,
      keyEndsAt: undefined,
      restartSpreadMs: undefined,
    });
    const refusal = {
      kind: "refused",
      reason,
      httpStatus: 401,
      message: "no",
      facts: {},
      isMarked: true,
      serverTimeMs: undefined,
      retryAfterMs: undefined,
    } as const;
    const { why, remedy } = adviseRefusal(refusal, refusedKeyOf(state), systemClock);
    const source = generation.keySource;
    expect(why).toMatch(/; key 48730d42 replaced it, and was last accepted at \S+ \S+ UTC, so \S/u);
    expect(why.endsWith(`so ${source} went back to an older key`)).toBe(true);
    expect(remedy.startsWith(`If nobody put it back by hand, a program writes ${source}, `)).toBe(true);
    const byCommand = adviseRefusal(refusal, refusedKeyOf(state), systemClock, COMMAND);
    expect(byCommand.remedy).not.toContain("by hand");
    onTestFinished(() => adviseInPod(undefined));
    adviseInPod("pod-1");
    expect(adviseRefusal(refusal, refusedKeyOf(state), systemClock).remedy).not.toContain("by hand");
  });
});

describe("a key that was accepted here, and is not known any more", () => {
  const known = { wasAccepted: true, reason: "unknown" };

  it("may have another control plane before it, which doctor sees", () => {
    const { why, remedy } = advise(known);
    expect(why).toMatch(
      /^the control plane no longer knows it: it was deleted, or another control plane or a restored database answers there; it was last accepted at /u,
    );
    expect(remedy).toBe(
      "Put a working key into agent.toml line 7 (sudo novacula-agent set-key). No restart is needed. If nobody deleted it, see who answers there (sudo novacula-agent doctor).",
    );
  });

  it("has no such advice if it was revoked, in a command that asks, and in a pod", () => {
    expect(advise({ ...known, reason: "revoked" }).remedy).not.toContain("doctor");
    expect(advise({ ...known, route: COMMAND }).remedy).not.toContain("see who");
    adviseInPod("agent-0");
    onTestFinished(() => adviseInPod(undefined));
    expect(advise(known).remedy).not.toContain("doctor");
  });
});

describe("a key of another length than a key has", () => {
  const short = KEY.slice(0, 50);
  const guess = "probably cut off when copied (has 46 characters after exc_, but a key has 64)";

  it.each([
    ["unknown", `the control plane does not know it: ${guess}`],
    ["malformed", `the control plane does not recognize it as an executor key: ${guess}`],
    [undefined, `it was never accepted here: ${guess}`],
  ])("is why it is refused (%s), and is to be copied whole", (reason, why) => {
    expect(advise({ key: short, reason })).toEqual({
      why,
      remedy:
        "Copy the whole key again into agent.toml line 7, or create a new one; check control_plane.url. No restart is needed.",
    });
  });

  it("that is too long is not called cut off", () => {
    expect(advise({ key: `${KEY}ab`, reason: "unknown" }).why).toBe(
      "the control plane does not know it: probably something else was pasted with it (has 66 characters after exc_, but a key has 64)",
    );
  });

  it("is not why it is revoked", () => {
    expect(advise({ key: short, reason: "revoked" })).toEqual({
      why: "it was revoked or rotated",
      remedy: "Put a working key into agent.toml line 7 (sudo novacula-agent set-key). No restart is needed.",
    });
  });
});

describe("a key that a command was handed", () => {
  it.each([
    [
      "refused",
      "unknown",
      "Run set-key again with the whole key, or with a new one; check control_plane.url.",
    ],
    ["refused", "revoked", "Run set-key again with a working key."],
    [
      "forbidden",
      "wrong_organization",
      `Run set-key again with a key of the executor's organization. To move this host to the other organization instead: ${MOVE}`,
    ],
    [
      "forbidden",
      "key_targets_other_executor",
      "An executor keeps its nodes only under its own name: if agent.name was changed, set it back. If agent-1 is right, which starts without those nodes, create a key for it and run set-key again with it.",
    ],
    [
      "forbidden",
      "target_deleted",
      "Create a key without a target and run set-key again with it; agent-1 registers again with it.",
    ],
    [
      "forbidden",
      "key_executor_limit",
      "Create another key for agent-1 and run set-key again with it, or delete executors that no longer exist.",
    ],
    [
      "forbidden",
      "key_held_by_other_executor",
      "An executor keeps its nodes only under its own name: if agent.name was changed, set it back. If agent-1 is right, which starts without those nodes, create a key of its own for it and run set-key again with it.",
    ],
    [
      "forbidden",
      undefined,
      "Run set-key again with a working key that is an executor key of this organization.",
    ],
  ] as const)("is to be handed over again, not put into a file: %s, %s", (kind, reason, remedy) => {
    expect(advise({ kind, reason, route: COMMAND }).remedy).toBe(remedy);
  });

  it("in a file is to be put there", () => {
    expect(advise({ kind: "forbidden", reason: "key_held_by_other_executor" }).remedy).toBe(
      "An executor keeps its nodes only under its own name: if agent.name was changed, set it back. If agent-1 is right, which starts without those nodes, create a key of its own for it and put it into agent.toml line 7.",
    );
  });
});

describe("what the control plane said", () => {
  const words = "this key was made for executor a, not for b: create another";
  const own: Refusal = {
    kind: "forbidden",
    reason: "key_targets_other_executor",
    httpStatus: 403,
    message: words,
    facts: {},
    isMarked: true,
    serverTimeMs: undefined,
    retryAfterMs: undefined,
  };

  it("is quoted without its remedy where ours follows, and in full where it is foreign", () => {
    expect(codeOf(own, true)).toBe(
      '403 key_targets_other_executor, "this key was made for executor a, not for b"',
    );
    expect(codeOf({ ...own, isMarked: false }, true)).toContain("create another");
    expect(codeOf({ ...own, reason: "other" }, true)).toContain("create another");
  });
});

describe("a key that is a systemd credential", () => {
  const base = fileWith(KEY);
  const controlPlane = { ...base.config.controlPlane, credential: "novacula-key" };
  const keySource = "systemd credential novacula-key";
  const generation = { ...base, config: { ...base.config, controlPlane }, keySource, id: 1, file: "f" };
  const refused = refusedKeyOf(newGenerationState(generation, systemClock.now(), undefined));
  const answer = {
    httpStatus: 401,
    message: "no",
    facts: {},
    isMarked: true,
    serverTimeMs: undefined,
    retryAfterMs: undefined,
  };

  it.each([
    ["refused", "revoked"],
    ["refused", "unknown"],
    ["refused", undefined],
    ["forbidden", "wrong_organization"],
    ["forbidden", "key_executor_limit"],
  ] as const)("is not to be written where systemd put it (%s, %s), and needs a restart", (kind, reason) => {
    const { remedy } = adviseRefusal({ kind, reason, ...answer }, refused, systemClock, FILE);
    expect(remedy).toMatch(/the source of the systemd credential novacula-key/u);
    expect(remedy).toMatch(/so a restart has to follow; .* Fix: sudo novacula-agent set-key$/u);
    expect(remedy).not.toContain("No restart is needed");
  });

  it("is brought by a command as any other", () => {
    const { remedy } = adviseRefusal(
      { kind: "refused", reason: "revoked", ...answer },
      refused,
      systemClock,
      COMMAND,
    );
    expect(remedy).toBe("Run set-key again with a working key.");
  });
});

describe("a key of another organization", () => {
  const acme = { id: "o_1", name: "Acme Inc", slug: "acme" };
  const wrong = { kind: "forbidden", reason: "wrong_organization" } as const;

  it("names both, and the way to the right one first", () => {
    expect(advise({ ...wrong, facts: { organization: "beta" }, organization: acme })).toEqual({
      why: "it belongs to organization beta, but this executor to organization acme",
      remedy:
        "Put a key of organization acme into agent.toml line 7 (sudo novacula-agent set-key); the control plane creates one (sudo novacula-control-plane keys create --org acme --target agent-1). To move this host to organization beta instead: sudo novacula-agent set-key --new-organization",
    });
  });

  it.each([
    [{}, acme, "it belongs to another organization, but this executor to organization acme"],
    [{ organization: "beta" }, undefined, "it belongs to organization beta that is not the executor's"],
    [{}, undefined, "it belongs to an organization that is not the executor's"],
    [
      { organization: "beta" },
      { id: "o_1", name: "Acme Inc" },
      "it belongs to organization beta, but this executor to organization Acme Inc",
    ],
  ])("says what is known of them: %j, %j", (facts, organization, why) => {
    expect(advise({ ...wrong, facts, organization }).why).toBe(why);
  });

  it("gives a command that a shell takes as it is, also for an organization without a slug", () => {
    const { remedy } = advise({ ...wrong, organization: { id: "o 1", name: "Acme" } });
    expect(remedy).toContain("--org 'o 1' --target agent-1)");
  });
});

describe("a revoked key", () => {
  it.each([
    [true, "it was rotated: another key replaced it"],
    [false, "it was revoked"],
    [undefined, "it was revoked or rotated"],
  ])("that was rotated (%s) is called so", (rotated, why) => {
    const facts = rotated === undefined ? {} : { rotated };
    expect(advise({ reason: "revoked", facts }).why).toBe(why);
  });
});

describe("a refusal without the control plane's mark", () => {
  it.each([
    ["refused", undefined, true],
    ["refused", "on_holiday", true],
    ["forbidden", undefined, true],
    ["refused", "revoked", false],
    ["forbidden", "wrong_organization", false],
  ] as const)("names both who may have answered, unless only one can have: %s %s", (kind, reason, both) => {
    const { why, remedy } = advise({ kind, reason, isMarked: false });
    expect(/something in between refused/.test(why)).toBe(both);
    expect(remedy.endsWith("If the key is good, check control_plane.url and any proxy on the way.")).toBe(
      both,
    );
    expect(advise({ kind, reason }).why).not.toMatch(/in between/);
  });
});
