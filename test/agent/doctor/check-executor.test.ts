import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../../src/agent/daemon/status/status.ts";
import { checkExecutor, type ExecutorFacts } from "../../../src/agent/doctor/check-executor.ts";
import { examination, type Stage } from "../../../src/agent/doctor/examination.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { ONLINE, ONLINE_FACTS } from "../../support/agent/fault-table.ts";

const OTHER_KEY = { fingerprint: "00000000", state: "refused", reason: "The new key was refused." } as const;

function itself(changes: Partial<ExecutorFacts>, pendingChange: typeof ONLINE.pendingChange = null) {
  const reply = { kind: "answered", status: { ...ONLINE, pendingChange } } as const;
  return checkExecutor({ ...ONLINE_FACTS, reply, ...changes }).at(-1);
}

describe("an executor that is online, but not with its files", () => {
  it("has to be fixed above if the files are unusable: no command applies them", () => {
    const check = itself(
      { files: "unusable", fingerprint: undefined, isAccepted: false },
      { fingerprint: null, state: "unusable", reason: "It is not valid. Run: sudo novacula-agent doctor" },
    );
    expect(check?.status).toBe("warning");
    expect(check?.detail).toContain("a restart would take it offline");
    expect(check?.detail).not.toContain("doctor");
    expect(remedyText(check?.remedy ?? [])).toBe(
      "Fix the failure above. The agent then applies the file by itself.",
    );
  });

  it("applies a change that the control plane accepts now", () => {
    expect(remedyText(itself({ fingerprint: "11111111" })?.remedy ?? [])).toMatch(
      /^Run: .*novacula-agent reload --wait$/u,
    );
    expect(remedyText(itself({}, OTHER_KEY)?.remedy ?? [])).toMatch(/^Run: .*novacula-agent reload --wait$/u);
  });

  it("leaves a refused change to the stage that says why", () => {
    const check = itself({ isAccepted: false, fingerprint: "00000000" }, OTHER_KEY);
    expect(check).toMatchObject({ status: "warning", remedy: expect.stringContaining("failure above") });
    expect(check?.detail).toBe("online with key 3fa9c1d2, but not with the file: that is refused");
  });

  it("is judged by the agent alone if this user may not read the files", () => {
    const denied = { files: "unknown", fingerprint: undefined, isAccepted: false } as const;
    expect(itself(denied)?.status).toBe("ok");
    expect(itself(denied, OTHER_KEY)?.status).toBe("warning");
  });
});

describe("a process of this host that the control plane saw beside this one", () => {
  const other = {
    hostName: "fra-1",
    address: "127.0.0.1",
    pid: 4711,
    unit: "novacula-agent.service",
    isOnThisHost: true,
    lastSyncAt: "2026-11-30T11:40:30.405Z",
  };
  const checks = (living: ExecutorFacts["living"], changes: Partial<typeof other> = {}) => {
    const status = { ...ONLINE, duplicates: [{ ...other, ...changes }] };
    return checkExecutor({ ...ONLINE_FACTS, reply: { kind: "answered", status }, living });
  };

  it("and that has ended, is told and is nothing to fix", () => {
    expect(checks(new Set([1, 4710]))[0]).toEqual({
      stage: "executor",
      status: "ok",
      detail:
        "PID 4711 of novacula-agent.service synced as this executor until 2026-11-30 11:40:30 UTC, and has ended",
    });
  });

  it("is a duplicate while it runs, while nobody can tell, and on another host", () => {
    for (const [living, changes] of [
      [new Set([1, 4711]), {}],
      [undefined, {}],
      [new Set([1]), { isOnThisHost: false }],
    ] as const) {
      expect(checks(living, changes)[0]).toMatchObject({ status: "bad", remedy: expect.anything() });
    }
  });
});

it("a process that a signal has stopped gets the signal that lets it go on", () => {
  const reply = { kind: "silent", why: "It did not answer. Run: journalctl", isDenied: false } as const;
  const found = checkExecutor({ ...ONLINE_FACTS, reply, mainPid: 42, isStopped: true }).at(-1);
  expect(found?.detail).toBe(
    "the process of the service (PID 42) is stopped, as by SIGSTOP, so it does nothing",
  );
  expect(remedyText(found?.remedy ?? [])).toMatch(
    /^Let it go on: (?:sudo )?systemctl kill --signal=CONT novacula-agent$/u,
  );
});

it.each(["unreachable", "key-refused", "forbidden"] as const)(
  "what an agent that is %s says has the time of its last try, which may be older than what doctor saw",
  (state) => {
    const status = {
      ...ONLINE,
      state,
      reason: "It refused key 3fa9c1d2 (401 unknown).",
      lastAttemptAt: "2026-11-30T11:40:30.405Z",
    };
    const found = checkExecutor({ ...ONLINE_FACTS, reply: { kind: "answered", status } }).at(-1);
    expect(found?.detail).toBe(
      "It refused key 3fa9c1d2 (401 unknown). That is of its last try, at 2026-11-30 11:40:30 UTC",
    );
  },
);

it.each([
  [false, "Doctor reached it now, with the same key, and the agent has not tried since. To retry, run: "],
  [true, "Doctor reached it now, with the same key. If the next try fails too, this host treats"],
])(
  "an agent that fails where doctor does not raises an alarm only after a try of its own since then (%s)",
  (hasRetried, says) => {
    const reply = { kind: "answered", status: { ...ONLINE, state: "unreachable" } } as const;
    const found = itself({ reply, isAccepted: true, hasRetried });
    const text = remedyText(found?.remedy ?? []);
    expect(text.startsWith(says), text).toBe(true);
    expect(text).toMatch(/novacula-agent retry$/u);
  },
);

describe("an executor that is offline", () => {
  const said = (state: AgentStatus["state"], first: Stage) => {
    const reason = `It refused it. ${"Put a working key in. ".repeat(60)}See who answers there.`;
    const since = "2026-11-30T11:30:00.405Z";
    const lastAttemptAt = "2026-11-30T11:40:30.405Z";
    const status = { ...ONLINE, state, reason, since, lastAttemptAt };
    const facts = { ...ONLINE_FACTS, isAccepted: false, reply: { kind: "answered", status } as const };
    const other = { stage: first, status: "bad", detail: "It is so.", remedy: "Do it." } as const;
    return examination(ONLINE.configPath, [other, ...checkExecutor(facts)]).checks.at(-1);
  };

  it.each([
    ["unreachable", "the control plane did not serve it"],
    ["key-refused", "the control plane refused its key"],
    ["forbidden", "the control plane refused it with its key"],
  ] as const)("as %s says no more than that beside the cause of it", (state, what) => {
    for (const stage of ["tcp", "authentication"] as const) {
      expect(said(state, stage)).toMatchObject({
        detail: `not online since 2026-11-30 11:30:00 UTC: ${what} (key 3fa9c1d2). Its last try was at 2026-11-30 11:40:30 UTC`,
        remedy: `What is bad above (${stage}) comes first.`,
      });
    }
  });

  it("says all that the agent says, uncut, if it is the cause itself", () => {
    const status = { ...ONLINE, state: "key-refused", reason: `${"So. ".repeat(400)}End.` } as const;
    const own = checkExecutor({ ...ONLINE_FACTS, reply: { kind: "answered", status } });
    const [row] = examination(ONLINE.configPath, own).checks;
    expect(row?.detail).toMatch(/ So\. End$/u);
  });
});
