import { describe, expect, it } from "vitest";
import {
  type SyncOutcome,
  UNREACHABLE_CAUSES,
  unreachable,
} from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { MOST_CHANGES } from "../../../../src/agent/sync/course.ts";
import {
  accepted,
  damagedFile,
  down,
  fileWith,
  forbidden,
  invalidFile,
  lockedFile,
  refused,
  replyOf,
} from "../../../support/agent/loaded.ts";
import { counts, DAY, HOUR, MINUTE, SECOND, simulate } from "../../../support/agent/simulation.ts";
import { makeKey } from "../../../support/keys.ts";
import { runs } from "../../../support/runs.ts";

const K1 = makeKey();
const K2 = makeKey();

describe("the length of a journal", () => {
  it("ten hours of 401: under 40 lines", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => refused("unknown") });
    agent.run(10 * HOUR);
    expect(counts(agent.said)).toEqual({ "key.refused": 13 });
    expect(agent.lines.length).toBeLessThan(40);
    expect(agent.exchanges.length).toBeGreaterThan(500);
  });

  it("ten hours of 401 after an hour online: under 40 lines", () => {
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => (atMs < HOUR ? accepted() : refused("revoked")),
    });
    agent.run(11 * HOUR);
    expect(agent.lines.length).toBeLessThan(40);
  });

  it("ten hours of 401 for the old key and the new one: under 40 lines", () => {
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => (atMs < HOUR ? accepted() : refused()),
    });
    agent.run(2 * HOUR);
    agent.change(fileWith(K2));
    agent.run(10 * HOUR);
    expect(agent.lines.length).toBeLessThan(40);
  });

  it("ten hours with a bad key pending beside one that works: under 40 lines", () => {
    const { fingerprint } = fileWith(K1).key;
    const agent = simulate({
      file: fileWith(K1),
      answer: ({ generation }) =>
        generation.key.fingerprint === fingerprint ? accepted() : refused("expired"),
    });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * HOUR);
    expect(agent.status()).toMatchObject({ state: "online", pendingChange: { state: "refused" } });
    expect(agent.lines.length).toBeLessThan(40);
  });

  it("ten hours of outage: under 40 lines", () => {
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => (atMs < HOUR ? accepted() : down()),
    });
    agent.run(11 * HOUR);
    expect(counts(agent.said)).toEqual({ "key.accepted": 1, "control-plane.unreachable": 13 });
    expect(agent.lines.length).toBeLessThan(40);
  });

  it("a healthy day with three short outages: under 50 lines", () => {
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) =>
        atMs % (8 * HOUR) > HOUR && atMs % (8 * HOUR) < HOUR + 7 * SECOND ? down() : accepted(),
    });
    agent.run(DAY);
    expect(counts(agent.said)).toEqual({
      "key.accepted": 1,
      "control-plane.unreachable": 3,
      "control-plane.recovered": 3,
    });
    expect(agent.lines.length).toBeLessThan(50);
  });

  it.each([
    ["out of reach", down()],
    ["refusing", refused()],
    ["forbidding", forbidden()],
  ])("ten hours of a control plane that flaps every 5 s, %s: under 300 lines", (_name, trouble) => {
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => (Math.floor(atMs / 5000) % 2 === 0 ? accepted() : trouble),
    });
    agent.run(10 * HOUR);
    expect(agent.said.length).toBeGreaterThan(1000);
    expect(agent.lines.length).toBeLessThan(300);
    expect(agent.lines.some((line) => line.includes("more lines like this were left out"))).toBe(true);
  });
});

describe("an earlier key that is in the file again", () => {
  const life = () => {
    let works = true;
    const agent = simulate({
      file: fileWith(K1),
      answer: () => (works ? accepted() : refused("revoked")),
    });
    agent.run(MINUTE);
    works = false;
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(MINUTE);
    const from = agent.said.length;
    const again = (isAccepted: boolean) => {
      works = isAccepted;
      agent.change(fileWith(K1));
      agent.run(MINUTE);
      return agent.said.slice(from).map(({ event, message }) => `${event}: ${message}`);
    };
    return { again, fingerprint: fileWith(K1).key.fingerprint };
  };

  it("is told to be refused, even if it was before", () => {
    const { again, fingerprint } = life();
    const [tried, refusal, ...more] = again(false);
    expect(tried).toMatch(new RegExp(`^key\\.new: Trying the new key ${fingerprint}`, "u"));
    expect(refusal).toMatch(new RegExp(`^key\\.refused: .* refused key ${fingerprint}`, "u"));
    expect(more.every((line) => line.includes("still refuses"))).toBe(true);
  });

  it("is told to be accepted", () => {
    const { again, fingerprint } = life();
    expect(again(true).join("\n")).toMatch(
      new RegExp(`^key\\.new: .*\nkey\\.accepted: Online .* with key ${fingerprint}`, "u"),
    );
  });
});

describe("an outage", () => {
  it.each([
    ["1 s", SECOND],
    ["30 s", 30 * SECOND],
    ["10 min", 10 * MINUTE],
    ["6 h", 6 * HOUR],
  ])("of %s: online again within 15 s of its end, over many seeds", (_name, outageMs) => {
    const seeds = runs(outageMs > HOUR ? 10 : 100);
    for (let seed = 1; seed <= seeds; seed += 1) {
      const from = MINUTE + ((seed * 37) % 5000);
      const agent = simulate({
        file: fileWith(K1),
        seed,
        answer: (_, atMs) => (atMs >= from && atMs < from + outageMs ? down() : accepted()),
      });
      agent.run(from + outageMs + 15 * SECOND);
      expect(agent.status().state, `seed ${seed}`).toBe("online");
      expect(
        agent.exchanges.some(({ atMs }) => atMs >= from + outageMs),
        `seed ${seed}`,
      ).toBe(true);
    }
  });

  it("is said with its cause, and its end with its length", () => {
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => (atMs > MINUTE && atMs < 3 * MINUTE ? down() : accepted()),
    });
    agent.run(5 * MINUTE);
    const [online, lost, still, back] = agent.said.map(({ message }) => message);
    expect(online).toMatch(
      /^Online as executor agent-1 of Acme at https:\/\/cp\.example\.com with key [0-9a-f]{8} \(prod, k_1\)\.$/,
    );
    expect(lost).toMatch(
      /^cp\.example\.com is unreachable: connection refused by cp\.example\.com:443\. The nodes keep running; next try at /,
    );
    expect(still).toMatch(/^cp\.example\.com is still unreachable \(\d+ attempts in 1 min/);
    expect(back).toMatch(
      /^Online again at cp\.example\.com with key [0-9a-f]{8} \(prod, k_1\) after (1 min|2 min)/,
    );
  });

  it.each([
    ["timeout", " To see the cause, run: sudo novacula-agent doctor"],
    ["connection-lost", " To see the cause, run: sudo novacula-agent doctor"],
    ["server-error", ""],
  ] as const)("without a remedy of its own, as %s, sends to doctor if nothing answered", (cause, end) => {
    const agent = simulate({ file: fileWith(K1), answer: () => unreachable(cause, "no answer came") });
    agent.run(MINUTE);
    expect(agent.said[0]?.message.split(" UTC.")[1]).toBe(end);
  });

  it("asks neither in a rush nor so seldom that its return would take half the heartbeat timeout", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => down() });
    agent.run(HOUR);
    const pauses = agent.exchanges.slice(1).map(({ atMs }, i) => atMs - (agent.exchanges[i]?.atMs ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThan(1000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(15_000);
  });
});

describe("a cause that changes", () => {
  const history = (answer: (atMs: number) => SyncOutcome, spanMs = HOUR) => {
    const agent = simulate({ file: fileWith(K1), answer: (_, atMs) => answer(atMs) });
    agent.run(spanMs);
    return agent;
  };
  const changes = (agent: ReturnType<typeof history>) =>
    agent.said.filter(({ message }) => message.includes("for another reason"));

  it("within an outage is one line for each", () => {
    const agent = history((atMs) => {
      if (atMs < 2 * MINUTE) {
        return down();
      }
      return atMs < 4 * MINUTE
        ? unreachable("server-error", "cp.example.com answered 503", { httpStatus: 503 })
        : unreachable("tls-expired", "the certificate has expired", { remedy: "renew it" });
    }, 5 * MINUTE);
    expect(changes(agent).map(({ event, message }) => [event, message.split(" UTC.")[0]])).toEqual([
      [
        "control-plane.unreachable",
        expect.stringMatching(
          /^The outage of cp\.example\.com goes on, for another reason \(\d+ attempts in 2 min( \d+ s)?\): cp\.example\.com answered 503\. The nodes keep/u,
        ),
      ],
      [
        "control-plane.unreachable",
        expect.stringMatching(/goes on, for another reason \(.*\): the certificate has expired\. The nodes/u),
      ],
    ]);
    expect(changes(agent)[1]?.message).toMatch(/ Renew it\.$/u);
  });

  it("for one try only is none", () => {
    let calls = 0;
    const agent = history(() => {
      calls += 1;
      return calls % 5 === 0 ? unreachable("timeout", "no answer came") : down();
    });
    expect(changes(agent)).toEqual([]);
    expect(counts(agent.said)).toEqual({ "control-plane.unreachable": 4 });
  });

  it("that was said already is said again if it returns", () => {
    const agent = history((atMs) =>
      atMs > 10 * MINUTE && atMs < 20 * MINUTE ? unreachable("timeout", "no answer came") : down(),
    );
    expect(changes(agent).map(({ message }) => /: (.*?)\. The nodes/u.exec(message)?.[1])).toEqual([
      "no answer came",
      "connection refused by cp.example.com:443",
    ]);
  });

  it.each([
    ["two causes", ["timeout", "server-error"]],
    ["all causes", UNREACHABLE_CAUSES],
  ] as const)("without end, by %s, is few lines in ten hours", (_name, causes) => {
    let calls = 0;
    const agent = history(() => {
      calls += 1;
      return unreachable(causes[Math.floor(calls / 2) % causes.length] ?? "dns", "it does not work");
    }, 10 * HOUR);
    expect(changes(agent)).toHaveLength(MOST_CHANGES);
    expect(agent.lines.length).toBeLessThan(40);
  });

  it("of a refusal is a line too, and reasons that never repeat are none", () => {
    const agent = history((atMs) => refused(atMs < 10 * MINUTE ? "expired" : "revoked"));
    expect(changes(agent).map(({ event, message }) => [event, message.split(": ")[0]])).toEqual([
      [
        "key.refused",
        expect.stringMatching(
          /^cp\.example\.com still refuses key \w{8} \(.*\), for another reason \(\d+ attempts in 1\d min/u,
        ),
      ],
    ]);
    let calls = 0;
    const odd = history(() => {
      calls += 1;
      return refused(`reason-${calls}`);
    }, 10 * HOUR);
    expect(changes(odd)).toEqual([]);
  });

  it("together with the state is said by the line of the new state", () => {
    const agent = history((atMs) => (atMs < 10 * MINUTE ? refused("revoked") : down()), 11 * MINUTE - SECOND);
    expect(changes(agent)).toEqual([]);
    expect(agent.said.at(-1)?.message).toMatch(/^cp\.example\.com is unreachable: /u);
  });

  it("of a change that waits is a line of that", () => {
    const { fingerprint } = fileWith(K1).key;
    let other: SyncOutcome = down();
    const agent = simulate({
      file: fileWith(K1),
      answer: ({ generation }) => (generation.key.fingerprint === fingerprint ? accepted() : other),
    });
    agent.run(MINUTE);
    agent.change(fileWith(K2));
    agent.run(10 * MINUTE);
    other = unreachable("timeout", "no answer came");
    agent.run(2 * MINUTE);
    expect(agent.said.at(-1)).toMatchObject({
      event: "config.untried",
      message: expect.stringMatching(/could not be tried, for another reason \(.*\): no answer came\./u),
    });
  });
});

describe("Retry-After", () => {
  it("is waited for, with jitter after it", () => {
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => (atMs === 0 ? down(60_000) : accepted()),
    });
    agent.run(80 * SECOND);
    expect(agent.exchanges[1]?.atMs).toBeGreaterThanOrEqual(60_000);
    expect(agent.exchanges[1]?.atMs).toBeLessThan(75_000);
  });

  it.each([
    ["an outage", down(30 * DAY)],
    ["a refusal", refused(undefined, 30 * DAY)],
  ])("of a month in %s is five minutes", (_name, outcome) => {
    const agent = simulate({ file: fileWith(K1), answer: (_, atMs) => (atMs === 0 ? outcome : accepted()) });
    agent.run(6 * MINUTE);
    expect(agent.exchanges[1]?.atMs).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(agent.status().state).toBe("online");
  });

  it("does not keep a new key from being tried", () => {
    const { fingerprint } = fileWith(K2).key;
    const agent = simulate({
      file: fileWith(K1),
      answer: ({ generation }) =>
        generation.key.fingerprint === fingerprint ? accepted() : refused("revoked", 300_000),
    });
    agent.run(10 * SECOND);
    agent.change(fileWith(K2));
    agent.run(SECOND);
    expect(agent.status()).toMatchObject({ state: "online", key: { fingerprint } });
  });
});

describe("what an accepted sync says beside its acceptance", () => {
  const endsAt = (atMs: number) =>
    replyOf("k_1", { key: { id: "k_1", name: "prod", expiresAt: atMs, revokesAt: null } });

  it("the end of the key: 14, 3 and 1 days ahead, once each, judged by the control plane's clock", () => {
    const wallStart = simulate({ file: fileWith(K1), answer: () => accepted() }).wallMs();
    const end = wallStart + 20 * DAY;
    // Two servers behind one address, three seconds apart, and this host's clock a day off.
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) => accepted(endsAt(end), wallStart + atMs + (Math.floor(atMs / 5000) % 2) * 3000),
    });
    agent.stepWallClock(DAY);
    agent.run(20 * DAY);
    const warnings = agent.said.filter(({ event }) => event === "key.expiring");
    const daysLeft = warnings.map(({ atMs }) => (20 * DAY - atMs) / DAY);
    expect(daysLeft.map(Math.round)).toEqual([14, 3, 1]);
    for (const [i, days] of daysLeft.entries()) {
      expect(Math.abs(days - ([14, 3, 1][i] ?? 0))).toBeLessThan(0.01);
    }
    expect(warnings[0]?.message).toMatch(/^The key [0-9a-f]{8} \(prod, k_1\) expires in 1[34] d/);
    expect(warnings[0]?.message).toContain("novacula-agent set-key");
  });

  it("a key in the grace of a rotation: its successor exists, so no other one is to be created", () => {
    const probe = simulate({ file: fileWith(K1), answer: () => accepted() });
    const key = { id: "k_1", name: "prod", expiresAt: null, revokesAt: probe.wallMs() + DAY / 2 };
    const agent = simulate({ file: fileWith(K1), answer: () => accepted(replyOf("k_1", { key })) });
    agent.run(MINUTE);
    const [line] = agent.said.filter(({ event }) => event === "key.expiring");
    expect(line?.message).toMatch(
      /^The key [0-9a-f]{8} \(prod, k_1\) was rotated, and its grace ends in .* Put the new key into agent\.toml/,
    );
    expect(line?.message).not.toContain("Create");
  });

  it("a key that ends tomorrow is said once, not three times", () => {
    const probe = simulate({ file: fileWith(K1), answer: () => accepted() });
    const agent = simulate({ file: fileWith(K1), answer: () => accepted(endsAt(probe.wallMs() + DAY / 2)) });
    agent.run(MINUTE);
    expect(counts(agent.said)["key.expiring"]).toBe(1);
  });

  it("a date that no calendar has does not throw, neither in the journal nor in the status", () => {
    const agent = simulate({ file: fileWith(K1), answer: () => accepted(endsAt(Number.MAX_SAFE_INTEGER)) });
    agent.run(MINUTE);
    expect(agent.status()).toMatchObject({ state: "online", key: { endsAt: null } });
    expect(agent.lines.join("")).toContain("an impossible date");
  });

  it("a twin: once while it is there, and once when it is gone", () => {
    const twin = {
      instanceId: "i_2",
      hostName: "clone\n<0>x",
      address: "192.0.2.7",
      lastSyncAt: 1,
      process: null,
    };
    const agent = simulate({
      file: fileWith(K1),
      answer: (_, atMs) =>
        accepted(replyOf("k_1", { duplicates: atMs > MINUTE && atMs < HOUR ? [twin] : [] })),
    });
    agent.run(2 * HOUR);
    expect(counts(agent.said)).toEqual({
      "key.accepted": 1,
      "executor.duplicate": 1,
      "executor.duplicate-gone": 1,
    });
    expect(agent.lines.filter((line) => line.includes("clone <0>x (192.0.2.7)"))).toHaveLength(1);
  });

  it("a second agent on this host is named, with the command that stops it; another host is a clone", () => {
    const self = { bootHash: "a", pid: 1, unit: "novacula-agent.service" };
    const told = (process: { bootHash: string; pid: number; unit: string | null }) => {
      const twin = { instanceId: "i_2", hostName: "web-01", address: null, lastSyncAt: 1, process };
      const agent = simulate({
        file: fileWith(K1),
        self,
        answer: () => accepted(replyOf("k_1", { duplicates: [twin] })),
      });
      agent.run(MINUTE);
      const { reason, duplicates } = agent.status();
      return { said: agent.said.at(-1)?.message, reason, duplicates };
    };
    const unit = told({ bootHash: "a", pid: 2, unit: "other.service" });
    expect(unit.said).toContain("PID 2 (other.service) on this host");
    expect(unit.said).toMatch(/Stop the one that is wrong; .* run: systemctl status other\.service$/u);
    expect(unit.reason).toContain("PID 2 (other.service) on this host");
    expect(unit.duplicates).toMatchObject([{ pid: 2, unit: "other.service", isOnThisHost: true }]);
    expect(told({ bootHash: "a", pid: 3, unit: null }).said).toMatch(/: ps -fp 3$/u);
    const clone = told({ bootHash: "b", pid: 2, unit: "novacula-agent.service" });
    expect(clone.said).toContain("web-01, PID 2 (novacula-agent.service), last sync");
    expect(clone.said).toContain("cloned");
    expect(clone.duplicates).toMatchObject([{ isOnThisHost: false }]);
  });

  it.each([
    ["deprecated", "agent.deprecated", "<4>"],
    ["out_of_support", "agent.out-of-support", "<3>"],
  ] as const)("a version that is %s: once, with what to upgrade to", (verdict, event, priority) => {
    const compatibility = { verdict, recommendedVersion: "2.0.0" };
    const agent = simulate({ file: fileWith(K1), answer: () => accepted(replyOf("k_1", { compatibility })) });
    agent.run(DAY);
    expect(counts(agent.said)[event]).toBe(1);
    expect(agent.lines.filter((line) => line.startsWith(`${priority}${event}: `))).toHaveLength(1);
    expect(agent.lines.join("")).toContain("Upgrade to 2.0.0.");
  });

  it("another sync interval, once for each", () => {
    let syncIntervalMs: number | null = null;
    const agent = simulate({
      file: fileWith(K1),
      answer: () => accepted(replyOf("k_1", { syncIntervalMs, heartbeatTimeoutMs: 120_000 })),
    });
    agent.run(MINUTE);
    expect(counts(agent.said)["sync.interval"]).toBeUndefined();
    syncIntervalMs = 20_000;
    agent.run(10 * MINUTE);
    const before = agent.exchanges.length;
    expect(agent.said.filter(({ event }) => event === "sync.interval").map(({ message }) => message)).toEqual(
      [
        "The control plane asks for a sync every 20 s, because its fleet is large. Without a sync for 2 min, this executor counts as offline. A new key is still tried at once.",
      ],
    );
    agent.run(10 * MINUTE);
    expect(agent.exchanges.length - before).toBeLessThan(33);
    syncIntervalMs = null;
    agent.run(MINUTE);
    expect(agent.said.filter(({ event }) => event === "sync.interval").map(({ message }) => message)[1]).toBe(
      "The control plane asks for no longer sync interval any more. This executor syncs every 5 s again.",
    );
  });

  it("a clock that is off: by the wall clock as it is now, said again only after it was right", () => {
    const start = simulate({ file: fileWith(K1), answer: () => accepted() }).wallMs();
    const agent = simulate({ file: fileWith(K1), answer: (_, atMs) => accepted(replyOf(), start + atMs) });
    agent.run(HOUR);
    expect(counts(agent.said)["clock.off"]).toBeUndefined();
    agent.stepWallClock(-2 * HOUR);
    agent.run(HOUR);
    expect(agent.said.at(-1)?.message).toMatch(
      /^This host's clock is (2 h|1 h 59 min) behind cp\.example\.com's\./,
    );
    agent.stepWallClock(2 * HOUR);
    agent.run(HOUR);
    expect(counts(agent.said)["clock.off"]).toBe(1);
  });
});

describe("a wall clock that is set", () => {
  it.each([
    ["forward", DAY],
    ["back", -DAY],
  ])("%s by a day does not move the next sync", (_name, stepMs) => {
    const agent = simulate({ file: fileWith(K1), answer: () => accepted() });
    agent.run(MINUTE);
    const before = agent.exchanges.length;
    agent.stepWallClock(stepMs);
    agent.run(MINUTE);
    expect(agent.exchanges.length - before).toBeGreaterThanOrEqual(11);
    expect(agent.exchanges.length - before).toBeLessThanOrEqual(13);
  });
});

describe("damage in the file", () => {
  it.each([
    [
      "a damaged key",
      damagedFile(),
      "key.unusable",
      /The key is not sent\. Still online with key [0-9a-f]{8}/,
    ],
    [
      "no configuration",
      invalidFile(),
      "config.invalid",
      /^The configuration is not valid: \/etc\/novacula\/agent\.toml:7: is not valid TOML here\. Fix it\. Still online/,
    ],
    [
      "a file that may not be read, whose fix is a command and comes last",
      lockedFile(),
      "config.invalid",
      /cannot be read by uid 998\. It is mode 0000, owner 998, group 998\. Still online with .* come online\. Fix: chmod 0600 \/etc\/novacula\/agent\.toml$/,
    ],
  ] as const)(
    "%s: one line, nothing that runs changes, and the repair is said",
    (_name, file, event, sentence) => {
      const agent = simulate({ file: fileWith(K1), answer: () => accepted() });
      agent.run(MINUTE);
      agent.change(file);
      agent.run(HOUR);
      expect(agent.status()).toMatchObject({ state: "online", pendingChange: { state: "unusable" } });
      agent.change(fileWith(K1));
      agent.run(MINUTE);
      expect(agent.said.map((each) => each.event)).toEqual(["key.accepted", event, "config.restored"]);
      expect(agent.said[1]?.message).toMatch(sentence);
      expect(agent.said[1]?.message).toContain("if restarted now, the agent could not come online");
      expect(agent.status().pendingChange).toBeNull();
    },
  );

  it.each([
    ["refused", refused("revoked"), ", which is still refused."],
    ["forbidden", forbidden(), ", which is still refused."],
    ["out of reach", down(), "."],
  ] as const)("beside a key that is %s: the repair of the file settles only that", (_what, answer, end) => {
    const agent = simulate({ file: fileWith(K1), answer: () => answer });
    agent.run(MINUTE);
    agent.change(damagedFile());
    agent.change(fileWith(K1));
    const { event, message } = agent.said.at(-1) ?? {};
    expect(event).toBe("config.restored");
    expect(message).toBe(
      `agent.toml matches the running configuration again: key ${fileWith(K1).key.fingerprint}${end}`,
    );
  });

  it("from the start: nothing is sent, and a fixed file is applied", () => {
    const agent = simulate({ file: damagedFile(), answer: () => accepted() });
    agent.run(HOUR);
    expect(agent.exchanges).toEqual([]);
    expect(agent.status()).toMatchObject({ state: "key-unusable", key: null });
    agent.change(fileWith(K1));
    agent.run(SECOND);
    expect(agent.status().state).toBe("online");
  });
});

describe("a wall clock that is set", () => {
  it.each([
    ["back by a day", -DAY],
    ["forward by a day", DAY],
    ["back to 1970", -Date.UTC(2026, 5, 1)],
  ])("%s neither silences refusals nor changes the cadence", (_name, stepMs) => {
    const history = (step: number) => {
      const agent = simulate({
        file: fileWith(K1),
        answer: (_, atMs) => (atMs < HOUR ? accepted() : atMs < 2 * HOUR ? down() : refused("revoked")),
      });
      for (let hour = 0; hour < 6; hour += 1) {
        agent.run(HOUR / 2);
        agent.stepWallClock(step);
        agent.run(HOUR / 2);
      }
      const said = agent.said.filter(({ event }) => event !== "clock.off");
      return { exchanges: agent.exchanges, said: said.map(({ event, atMs }) => [event, atMs]) };
    };
    const steady = history(0);
    expect(steady.said.filter(([event]) => event === "key.refused").length).toBeGreaterThan(5);
    expect(history(stepMs)).toEqual(steady);
  });
});
