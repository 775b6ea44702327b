import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowedCalls, violation } from "../../support/nodes/hand-grammar.ts";
import { NastyRequests } from "../../support/nodes/nasty-requests.ts";
import { canRecordHand, RecordedHand } from "../../support/nodes/recorded-hand.ts";
import { lacks } from "../../support/requires.ts";

/** `npm run test:long` sends 100,000. */
const REQUESTS = 400;

describe.skipIf(lacks("the right to mount an overlay", canRecordHand()))("requests to the hand", () => {
  let hand: RecordedHand;
  beforeAll(() => {
    hand = new RecordedHand();
  });
  afterAll(() => hand.close());

  it("reach systemd if they keep to the grammar, and do not if they do not", async () => {
    const requests = new NastyRequests(1);
    let accepted = 0;
    for (let count = 0; count < REQUESTS; count += 1) {
      const bytes = requests.next();
      expect(violation(bytes, await hand.send(bytes))).toBeUndefined();
      accepted += allowedCalls(bytes) === undefined ? 0 : 1;
    }
    expect(accepted).toBeGreaterThan(REQUESTS / 50);
    expect(accepted).toBeLessThan(REQUESTS / 2);
  }, 300_000);

  it.each([
    "run novacula-agent.service",
    "run bitcoin-node@a.target",
    "run bitcoin-node@../a.service",
    "run bitcoin-node@a.service --root=/",
    "run evil-node@a.service",
    "run bitcoin-node@a@b.service",
    "run bitcoin-node@a.service.service",
    "limit bitcoin-node@a.service User=0",
    "limit bitcoin-node@a.service MemoryMax=1G",
    "delete bitcoin-node@a.service data=b",
    "logs bitcoin-node@a.service 10 --unit=ssh",
    "run",
    "",
  ])("%s is refused", async (line) => {
    const { answer, calls } = await hand.send(Buffer.from(`${line}\n`));
    expect(answer).toMatch(/^error /u);
    expect(calls.filter(([, verb]) => verb !== "show")).toEqual([]);
  });
});
