import { describe, expect, it } from "vitest";
import { outcomeOfAnswer } from "../../../../src/agent/sync/answer/answer.ts";
import type { Answer } from "../../../../src/agent/sync/answer/http-answer.ts";
import { ANSWER_MARK, ANSWER_MARK_HEADER, NOTHING_HERE } from "../../../../src/protocol/answer-mark.ts";
import { currentKeyReply } from "../../../../src/protocol/sync.ts";

const MARKED = { [ANSWER_MARK_HEADER]: ANSWER_MARK };
const OWN = JSON.stringify({ message: NOTHING_HERE });

function outcomeOf(path: string, answer: Pick<Answer, "status" | "body"> & Partial<Answer>) {
  const endpoint = `https://cp.example.com:8443${path}/graphql`;
  const place = { host: "cp.example.com:8443", endpoint, sentFingerprint: "0a1b2c3d" };
  return outcomeOfAnswer(
    { headers: {}, receivedAtMs: 0, isMarkExpected: false, ...place, ...answer },
    { field: "currentKey", reply: currentKeyReply },
  );
}

describe("a control plane that has nothing at the path of control_plane.url", () => {
  it.each([
    ["by its mark", { headers: MARKED, body: OWN }],
    ["by its mark, if a proxy has changed the body", { headers: MARKED, body: "<title>404</title>" }],
    ["by its words, if it is older", { body: OWN }],
  ])("is known %s", (_how, answer) => {
    expect(outcomeOf("/a/executors", { status: 404, ...answer })).toMatchObject({
      kind: "unreachable",
      cause: "wrong-path",
      detail:
        "a control plane answers at cp.example.com:8443, but it has nothing at /a/executors/graphql (404)",
      remedy: expect.stringMatching(
        /^take the path \/a\/executors out of control_plane\.url: set it to https:\/\/cp\.example\.com:8443\. /u,
      ),
    });
  });

  it.each([
    ["another path", 404],
    ["another method", 405],
  ])("got %s than was sent, if the URL has no path", (what, status) => {
    expect(outcomeOf("", { status, headers: MARKED, body: "" })).toMatchObject({
      cause: "wrong-path",
      detail: expect.stringContaining(`got ${what} than`),
      remedy: expect.stringMatching(/^let every proxy/u),
    });
  });

  it.each([
    ["other words", { status: 404, body: JSON.stringify({ message: "Cannot POST /executors/graphql" }) }],
    ["another status", { status: 410, body: OWN }],
    ["a body of GraphQL", { status: 404, headers: MARKED, body: JSON.stringify({ data: {} }) }],
  ])("is not what answers with %s", (_what, answer) => {
    expect(outcomeOf("/executors", answer)).toMatchObject({ cause: "not-a-control-plane" });
  });
});
