import { describe, expect, it } from "vitest";
import { settledFacts } from "../../../../src/agent/cli/doctor/settled-facts.ts";
import { checkUnit } from "../../../../src/agent/doctor/check-unit.ts";
import { serviceFacts } from "../../../support/agent/service-facts.ts";

const STARTS = "ActiveState=activating\nSubState=start\nNRestarts=4\nMainPID=77";
const WAITS =
  "ActiveState=activating\nSubState=auto-restart\nNRestarts=5\nResult=exit-code\nExecMainStatus=203";
const STOPS = "ActiveState=deactivating\nSubState=stop-sigterm";
const RUNS = "ActiveState=active";
const FAILED = "ActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=1";

/** What systemd says each time; the last goes on. Gives the last one, and how long it took, ms. */
async function settled(...shown: readonly string[]) {
  let asked = 0;
  let waitedMs = 0;
  const facts = await settledFacts(
    async () => {
      asked += 1;
      return serviceFacts(shown[Math.min(asked, shown.length) - 1]);
    },
    async (ms) => {
      waitedMs += ms;
    },
  );
  return { facts, waitedMs };
}

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
    ["waits for its next start", [WAITS, STARTS], WAITS],
    ["runs", [RUNS, STARTS], RUNS],
  ])("that %s are those of its next state", async (_what, shown, last) => {
    expect((await settled(...shown)).facts).toEqual(serviceFacts(last));
  });

  it("name the cause, where a start says only that it ends again and again", async () => {
    const detailOf = (shown: string) => checkUnit(serviceFacts(shown))[0]?.detail;
    expect(detailOf(STARTS)).toBe("the service starts and ends again and again (4 restarts)");
    const { facts } = await settled(STARTS, WAITS);
    expect(checkUnit(facts)[0]?.detail).toContain("cannot be executed (status 203/EXEC)");
  });

  it("are waited for two seconds at most", async () => {
    const { facts, waitedMs } = await settled(STARTS);
    expect(facts?.SubState).toBe("start");
    expect(waitedMs).toBe(2000);
  });
});
