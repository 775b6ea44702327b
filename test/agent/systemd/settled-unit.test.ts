import { describe, expect, it } from "vitest";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { settledUnit } from "../../../src/agent/systemd/settled-unit.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

const STARTS = "ActiveState=activating\nSubState=start\nNRestarts=4\nMainPID=77";
const WAITS =
  "ActiveState=activating\nSubState=auto-restart\nNRestarts=5\nResult=exit-code\nExecMainStatus=203";
const STOPS = "ActiveState=deactivating\nSubState=stop-sigterm";
const RUNS = "ActiveState=active\nSubState=running";
const RUNS_AGAIN = `${RUNS}\nNRestarts=6`;
const FAILED = "ActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=1";

const NOW_MS = 1_000_000;
/** That a process was started so many ms before the first look; after it, if that is negative. */
const startedAgo = (ms: number) => `\nExecMainStartTimestampMonotonic=${(NOW_MS - ms) * 1000}`;

/** What systemd says each time; the last goes on. Gives the last one, and how long it took, ms. */
async function settled(...shown: readonly string[]) {
  let asked = 0;
  let waitedMs = 0;
  let noticed = 0;
  const patience = {
    signal: new AbortController().signal,
    now: () => NOW_MS + waitedMs,
    onWait: () => {
      noticed += 1;
    },
    pause: async (ms: number) => {
      waitedMs += ms;
    },
  };
  const facts = await settledUnit(async () => {
    asked += 1;
    return serviceFacts(shown[Math.min(asked, shown.length) - 1]);
  }, patience);
  return { facts, waitedMs, noticed };
}

const repeat = (times: number, shown: string) => Array.from({ length: times }, () => shown);

describe("the facts of a service", () => {
  it.each([
    ["starts and waits for its next start", [STARTS, STARTS, WAITS], WAITS],
    ["starts and runs", [STARTS, RUNS], RUNS],
    ["stops and has failed", [STOPS, FAILED], FAILED],
    [
      "has its next start queued",
      [WAITS.replace("auto-restart", "auto-restart-queued"), STARTS, WAITS],
      WAITS,
    ],
    ["runs its ExecStartPre=", [STARTS.replace("SubState=start", "SubState=start-pre"), FAILED], FAILED],
    ["waits for its next start, since long", [WAITS + startedAgo(6000), STARTS], WAITS + startedAgo(6000)],
    ["waits for its next start, since when nobody knows", [WAITS, STARTS], WAITS],
    ["runs", [RUNS, STARTS], RUNS],
    [
      "has run for long after restarts",
      [RUNS_AGAIN + startedAgo(6000), FAILED],
      RUNS_AGAIN + startedAgo(6000),
    ],
  ])("that %s are those of its next state", async (_what, shown, last) => {
    expect((await settled(...shown)).facts).toEqual(serviceFacts(last));
  });

  it("name the cause, where a start says only that it ends again and again", async () => {
    const detailOf = (shown: string) => checkUnit(serviceFacts(shown))[0]?.detail;
    expect(detailOf(STARTS)).toBe("the service starts and ends again and again (4 restarts)");
    const { facts } = await settled(STARTS, WAITS);
    expect(facts && checkUnit(facts)[0]?.detail).toContain("cannot be executed (status 203/EXEC)");
  });

  it("of a repaired service are those after its next start", async () => {
    const before = WAITS + startedAgo(500);
    const { facts } = await settled(before, before, RUNS + startedAgo(-300));
    expect(facts?.ActiveState).toBe("active");
  });

  it("of a loop are those of a failure that the repair cannot be after", async () => {
    const before = WAITS + startedAgo(500);
    const after = WAITS.replace("NRestarts=5", "NRestarts=6") + startedAgo(-1800);
    const shown = [...repeat(7, before), STARTS + startedAgo(-1800), after];
    const { facts, waitedMs, noticed } = await settled(...shown);
    expect(facts?.NRestarts).toBe(6);
    expect(waitedMs).toBe(2000);
    expect(noticed).toBe(1);
  });

  it("of a service that fails a second after it runs are those of a loop", async () => {
    const again = WAITS.replace("NRestarts=5", "NRestarts=7") + startedAgo(-2000);
    for (const first of [WAITS + startedAgo(500), RUNS_AGAIN + startedAgo(800)]) {
      const shown = [first, ...repeat(5, RUNS_AGAIN + startedAgo(-100)), again];
      expect((await settled(...shown)).facts?.SubState).toBe("auto-restart");
    }
  });

  it("are waited for ten seconds at most, and two if the start is old", async () => {
    const hangs = await settled(STARTS + startedAgo(20_000));
    expect(hangs.facts?.SubState).toBe("start");
    expect(hangs.waitedMs).toBe(2000);
    expect((await settled(STARTS)).waitedMs).toBe(2000);
    let age = 0;
    const always = Array.from({ length: 60 }, () => {
      age -= 250;
      return STARTS + startedAgo(age);
    });
    expect((await settled(...always)).waitedMs).toBe(10_000);
  });
});
