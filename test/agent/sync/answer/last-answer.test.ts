import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../src/agent/sync/answer/http-answer.ts";
import { rememberLastAnswer } from "../../../../src/agent/sync/answer/last-answer.ts";
import { unreachable } from "../../../../src/agent/sync/answer/sync-outcome.ts";

/** A judge that gives each body as the reply, refuses an empty one, and counts how often it is asked. */
function counting() {
  const asked: string[] = [];
  const judge = rememberLastAnswer<string>(({ body }) => {
    asked.push(body);
    return body === ""
      ? unreachable("answer-malformed", "nothing")
      : { kind: "accepted", reply: body, serverTimeMs: undefined };
  });
  return { asked, judge };
}

function answer(body: string, more: Partial<Answer> = {}): Answer {
  return {
    status: 200,
    headers: {},
    body,
    receivedAtMs: 0,
    host: "cp.example.com",
    endpoint: "https://cp.example.com/graphql",
    sentFingerprint: "0a1b2c3d",
    isMarkExpected: false,
    ...more,
  };
}

describe("the same answer again", () => {
  it("is not judged again, and tells its own time", () => {
    const { asked, judge } = counting();
    judge(answer("a", { headers: { date: "Sat, 21 Nov 2026 03:00:00 GMT" } }));
    const outcome = judge(answer("a", { headers: { date: "Sat, 21 Nov 2026 03:00:05 GMT" } }));
    expect(outcome).toEqual({
      kind: "accepted",
      reply: "a",
      serverTimeMs: Date.UTC(2026, 10, 21, 3, 0, 5),
    });
    expect(asked).toEqual(["a"]);
  });

  it("is judged where it is another one, has another status, or was no acceptance", () => {
    const { asked, judge } = counting();
    judge(answer("a"));
    judge(answer("b"));
    judge(answer("b", { status: 201 }));
    judge(answer("b"));
    judge(answer(""));
    judge(answer(""));
    expect(asked).toEqual(["a", "b", "b", "b", "", ""]);
  });
});
