import { describe, expect, it } from "vitest";
import { MAX_MARKED_ORIGINS, OriginMarks } from "../../../../src/agent/sync/answer/origin-marks.ts";
import { type SyncOutcome, unreachable } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { ANSWER_MARK, ANSWER_MARK_HEADER } from "../../../../src/protocol/answer-mark.ts";
import { accepted, forbidden, refused } from "../../../support/agent/loaded.ts";

const A = "https://a.example.com";
const MARKED = { headers: { [ANSWER_MARK_HEADER]: ANSWER_MARK } };
const BARE = { headers: {} };

function unmarked(outcome: SyncOutcome): SyncOutcome {
  return outcome.kind === "refused" || outcome.kind === "forbidden"
    ? { ...outcome, isMarked: false }
    : outcome;
}

describe("an origin", () => {
  it.each([
    ["an acceptance with the header", MARKED, accepted()],
    ["a refusal with the header", MARKED, unmarked(refused("revoked"))],
    ["a refusal with the mark in its body alone", BARE, refused("revoked")],
    ["a 403 with the mark in its body alone", BARE, forbidden()],
    ["an outage with the header", MARKED, unreachable("server-error", "503")],
  ])("marks its answers after %s", (_what, answer, outcome) => {
    const marks = new OriginMarks();
    marks.note(A, answer, outcome);
    expect(marks.has(A)).toBe(true);
    expect(marks.has("https://b.example.com")).toBe(false);
  });

  it.each([
    ["a refusal without it", unmarked(refused("revoked")), true],
    ["a 403 without it", unmarked(forbidden()), true],
    ["an outage", unreachable("foreign-refusal", "401"), true],
    ["an acceptance without it, as of an older control plane", accepted(), false],
  ])("that marked its answers, after %s: %s", (_what, outcome, still) => {
    const marks = new OriginMarks([A]);
    marks.note(A, BARE, outcome);
    expect(marks.has(A)).toBe(still);
  });
});

it("no more origins are kept than a host has control planes, the newest first", () => {
  const marks = new OriginMarks(Array.from({ length: 20 }, (_, n) => `https://old-${n}.example.com`));
  expect(marks.list()).toHaveLength(MAX_MARKED_ORIGINS);
  for (let n = 0; n < 20; n += 1) {
    marks.note(`https://new-${n}.example.com`, MARKED, accepted());
  }
  expect(marks.list()).toEqual(
    Array.from({ length: MAX_MARKED_ORIGINS }, (_, n) => `https://new-${19 - n}.example.com`),
  );
  expect(new OriginMarks(marks.list()).list()).toEqual(marks.list());
});
