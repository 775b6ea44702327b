import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HAND_CASES, type HandCase, judged } from "../../support/nodes/hand-cases.ts";
import { canRecordHand, RecordedHand } from "../../support/nodes/recorded-hand.ts";
import { lacks } from "../../support/requires.ts";
import { ROOT } from "../../support/source-files.ts";

describe.skipIf(lacks("the right to mount an overlay", canRecordHand()))("the hand", () => {
  const script = readFileSync(join(ROOT, "packaging/nodes/node-hand"), "utf8");
  let hand: RecordedHand;
  beforeAll(() => {
    hand = new RecordedHand();
  });
  afterAll(() => hand.close());

  const asked = async (given: HandCase, edited = script) =>
    judged(given, await hand.send(Buffer.from(`${given.request}\n`), { ...given.place, script: edited }));

  it.each<readonly [string, HandCase]>(Object.entries(HAND_CASES))("answers %s", async (_name, given) => {
    const { is, should } = await asked(given);
    expect(is).toEqual(should);
  });

  const edits = readFileSync(join(ROOT, "test/support/nodes/hand-edits.tsv"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"));

  it.each(edits)(
    "%s does not become %s: a case notices it (%s)",
    async (was = "", became = "", name = "") => {
      const parts = script.split(was);
      expect(parts).toHaveLength(2);
      const given = HAND_CASES[name];
      expect(given).toBeDefined();
      const { is, should } = await asked(given ?? { request: "", answer: "" }, parts.join(became));
      expect(isDeepStrictEqual(is, should)).toBe(false);
    },
  );
});
