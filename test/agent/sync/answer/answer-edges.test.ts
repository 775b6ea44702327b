import { describe, expect, it } from "vitest";
import { outcomeOfAnswer } from "../../../../src/agent/sync/answer/answer.ts";
import type { Answer } from "../../../../src/agent/sync/answer/http-answer.ts";
import { isOwnRefusal } from "../../../../src/agent/sync/answer/own-refusal.ts";
import { httpDateMs } from "../../../../src/agent/sync/answer/retry-after.ts";
import {
  ANSWER_MARK,
  ANSWER_MARK_EXTENSION,
  ANSWER_MARK_HEADER,
} from "../../../../src/protocol/answer-mark.ts";
import { currentKeyReply } from "../../../../src/protocol/sync.ts";

/** Where one kind of answer ends and another one begins. */

const SENT = "0a1b2c3d";
const REPLY = {
  key: { id: "key-1", name: "prod", expiresAt: null, revokesAt: null },
  organization: { id: "org-1", name: "Acme", slug: "acme" },
};
const MARKED = { [ANSWER_MARK_HEADER]: ANSWER_MARK };
const JSON_TYPE = { "content-type": "application/json" };

function outcomeOf(status: number, body: unknown, headers: Answer["headers"] = {}, isMarkExpected = false) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const place = { host: "cp", endpoint: "https://cp/graphql" };
  const answer = { status, headers, body: text, receivedAtMs: 0, ...place, sentFingerprint: SENT };
  return outcomeOfAnswer({ ...answer, isMarkExpected }, { field: "currentKey", reply: currentKeyReply });
}

const failing = (...extensions: readonly object[]) => ({
  errors: extensions.map((each, n) => ({ message: `No ${n + 1}.`, extensions: each })),
  data: null,
});

describe("a reply", () => {
  it.each([300, 301, 302, 303, 304, 305, 307, 308, 399])("with status %i and no place is none", (status) => {
    const outcome = outcomeOf(status, { data: { currentKey: REPLY } });
    expect(outcome).toMatchObject({
      cause: "not-a-control-plane",
      detail: expect.stringContaining("with GraphQL, which does not go with that status"),
    });
  });

  it.each([200, 201, 203, 206, 299])("with status %i is whole, so it counts", (status) => {
    expect(outcomeOf(status, { data: { currentKey: REPLY } }).kind).toBe("accepted");
  });

  it.each(["text/html", "text/plain; charset=utf-8", "image/png", "application/json", ""])(
    "counts with the media type %j, which proxies change",
    (type) => {
      const outcome = outcomeOf(200, { data: { currentKey: REPLY } }, { "content-type": type });
      expect(outcome.kind).toBe("accepted");
    },
  );

  it("with a status of failure is none", () => {
    expect(outcomeOf(400, { data: { currentKey: REPLY } }).kind).toBe("unreachable");
  });

  it("does not stand if only one of two failures is below an optional field", () => {
    const errors = [
      { message: "no", path: ["currentKey", "key", "revokesAt"] },
      { message: "no", path: ["currentKey"] },
    ];
    expect(outcomeOf(200, { data: { currentKey: REPLY }, errors }).kind).toBe("unreachable");
  });
});

describe("a refusal without the mark", () => {
  const REFUSAL = failing({ code: "UNAUTHENTICATED" });
  const typeOf = (type: string) => ({ "content-type": type });

  it.each(["application/json; charset=utf-8", "APPLICATION/JSON", "application/graphql-response+json", ""])(
    "has the media type %j",
    (type) => {
      expect(outcomeOf(401, REFUSAL, typeOf(type)).kind).toBe("refused");
    },
  );

  it.each(["text/html", "text/plain", "application/problem+json", "text/json", "application/jsonp"])(
    "with the media type %j is somebody else's",
    (type) => {
      expect(outcomeOf(401, REFUSAL, typeOf(type))).toMatchObject({ cause: "foreign-refusal" });
      expect(outcomeOf(401, REFUSAL, { ...typeOf(type), ...MARKED }).kind).toBe("refused");
    },
  );

  it.each([300, 302, 304, 399])("with status %i is none, nor is one with it", (status) => {
    expect(outcomeOf(status, REFUSAL)).toMatchObject({ cause: "not-a-control-plane" });
    expect(outcomeOf(status, REFUSAL, MARKED)).toMatchObject({ cause: "not-a-control-plane" });
  });
});

describe("the mark of the control plane", () => {
  it("counts if one of several errors has it", () => {
    const marked = { code: "UNAUTHENTICATED", [ANSWER_MARK_EXTENSION]: ANSWER_MARK };
    const outcome = outcomeOf(401, failing({ code: "BAD_USER_INPUT" }, marked));
    expect(outcome).toMatchObject({ kind: "refused", isMarked: true, message: "No 2." });
  });

  it.each([
    [401, "refused"],
    [403, "forbidden"],
  ])("over the page of a proxy: %i is %s", (status, kind) => {
    expect(outcomeOf(status, "<title>No</title>", MARKED)).toMatchObject({ kind, message: "No" });
  });
});

describe("a refusal that shows that another key, or none, arrived", () => {
  it.each([
    [
      "the fingerprint of another key",
      { fingerprint: "99999999" },
      `got key 99999999 instead of the key ${SENT}`,
    ],
    [
      "another key, and what else came",
      { reason: "malformed", arrived: "several", fingerprint: "99999999" },
      "got key 99999999 instead",
    ],
    ["nothing", { reason: "malformed", arrived: "nothing" }, "got no Authorization header, although"],
    [
      "nothing, in place of this very key",
      { reason: "malformed", arrived: "nothing", fingerprint: SENT },
      "got no Authorization header, although",
    ],
    ["no word of what arrived", { reason: "malformed" }, "got no executor key, although"],
    [
      "two credentials",
      { reason: "malformed", arrived: "several" },
      "got two credentials in one header, although",
    ],
  ])("%s", (_what, facts, words) => {
    expect(outcomeOf(401, failing({ code: "UNAUTHENTICATED", ...facts }), MARKED)).toMatchObject({
      cause: "authorization-changed",
      detail: expect.stringContaining(`cp ${words}`),
    });
  });

  it.each([
    {},
    { arrived: "several" },
    { fingerprint: SENT },
    { rotated: false },
    { organization: "acme" },
    { arrived: "not_a_key", fingerprint: SENT, rotated: true, organization: "acme" },
  ])("does not show it with the facts %j, which are kept", (facts) => {
    const outcome = outcomeOf(401, failing({ code: "UNAUTHENTICATED", reason: "revoked", ...facts }), MARKED);
    expect(outcome.kind === "refused" && outcome.facts).toStrictEqual(facts);
  });
});

describe("an error of GraphQL", () => {
  it.each([
    ["RATE_LIMITED", "rate-limited"],
    ["RATE_LIMIT_EXCEEDED", "rate-limited"],
    ["TOO_MANY_REQUESTS", "rate-limited"],
    ["THROTTLED", "rate-limited"],
    ["SERVICE_UNAVAILABLE", "server-error"],
  ])("with the code %s is %s", (code, cause) => {
    expect(outcomeOf(200, failing({ code }), MARKED)).toMatchObject({ cause });
  });

  it.each(["BAD_USER_INPUT", "BAD_REQUEST", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"])(
    "with the code %s was not understood",
    (code) => {
      expect(outcomeOf(200, failing({ code }), MARKED)).toMatchObject({
        detail: 'cp does not understand this agent\'s request (200): "No 1."',
      });
    },
  );

  it.each([
    [399, "server-error"],
    [400, "rejected-request"],
    [408, "server-error"],
    [429, "rate-limited"],
    [499, "rejected-request"],
    [500, "server-error"],
    [501, "server-error"],
  ])("for the status %i, which its extensions have, is %s", (status, cause) => {
    expect(outcomeOf(200, failing({ status }))).toMatchObject({ cause });
  });

  it("that a validation causes was not understood, although it has no code", () => {
    const errors = [{ message: 'Cannot query field "nodes" on type "Reply".' }];
    expect(outcomeOf(200, { errors })).toMatchObject({ cause: "rejected-request" });
  });

  it("is the first of two that weigh the same", () => {
    const outcome = outcomeOf(401, failing({ code: "UNAUTHENTICATED" }, { code: "UNAUTHENTICATED" }));
    expect(outcome).toMatchObject({ kind: "refused", message: "No 1." });
  });

  it.each([
    [299, "with an error"],
    [500, "500 Internal Server Error"],
  ])("with status %i: the words for it", (status, words) => {
    const detail = `cp answered ${words}: "No 1."`;
    expect(outcomeOf(status, failing({ code: "INTERNAL_SERVER_ERROR" }))).toMatchObject({ detail });
  });

  it("without a message is not quoted", () => {
    const errors = [{ message: "", extensions: { code: "INTERNAL_SERVER_ERROR" } }];
    expect(outcomeOf(200, { errors })).toMatchObject({ detail: "cp answered with an error" });
  });
});

describe("an error of a REST framework", () => {
  it("needs no status in its body if it has a code", () => {
    expect(outcomeOf(422, { code: "BAD_REQUEST", message: "No." })).toMatchObject({
      detail: 'cp does not understand this agent\'s request (422): "No."',
    });
  });

  it.each([404, 405, 410])("with %i is what any server says of an unknown path", (status) => {
    expect(outcomeOf(status, { statusCode: status, message: "No." })).toMatchObject({
      cause: "not-a-control-plane",
    });
  });
});

describe("a redirect", () => {
  it.each([300, 302, 399])("is a %i with a place", (status) => {
    expect(outcomeOf(status, "", { location: "https://a.example" })).toMatchObject({ cause: "redirect" });
  });

  it.each([
    [299, { location: "https://a.example" }],
    [302, {}],
    [400, { location: "https://a.example" }],
  ])("is no %i with the headers %j", (status, headers) => {
    expect(outcomeOf(status, "", headers)).not.toMatchObject({ cause: "redirect" });
  });

  it.each(["/login", "data:,secret", "mailto:a@b.example"])("to %s names no place", (location) => {
    expect(outcomeOf(302, "", { location })).toMatchObject({
      detail: "cp answered 302, a redirect to another path, which is not followed",
    });
  });
});

describe("an answer of something else", () => {
  const PLAIN = "The plain HTTP request was sent to HTTPS port";

  it.each([
    [400, PLAIN, "speaks TLS, but the request was plain HTTP"],
    [200, PLAIN, `answered 200 OK with text that is not JSON ("${PLAIN}"): `],
    [400, "No.", `does not understand this agent's request (400) with text that is not JSON ("No.")`],
    [400, "Bad request", "does not understand this agent's request (400) with text that is not JSON"],
    [429, "Tenant 9 is too fast", `asks for fewer requests (429) ("Tenant 9 is too fast")`],
    [429, "429 Too many requests", "asks for fewer requests (429)"],
    [429, { detail: "tenant 9" }, `asks for fewer requests (429) ("tenant 9")`],
    [
      451,
      { detail: "by law" },
      `answered 451 Unavailable For Legal Reasons with JSON that is not GraphQL ("by law"): `,
    ],
    [502, "no upstream", `answered 502 Bad Gateway with text that is not JSON ("no upstream")`],
    [503, { msg: "pool 4" }, `answered 503 Service Unavailable with JSON that is not GraphQL ("pool 4")`],
    [
      503,
      { message: "Service unavailable" },
      "answered 503 Service Unavailable with JSON that is not GraphQL",
    ],
    [
      503,
      { data: { a: 1 } },
      "answered 503 Service Unavailable with GraphQL, which does not go with that status",
    ],
    [200, { errors: ["suspended"] }, `answered 200 OK with JSON that is not GraphQL ("suspended"): `],
    [404, { message: "no Route" }, `answered 404 Not Found with JSON that is not GraphQL ("no Route"): `],
    [411, "", "does not understand this agent's request (411)"],
    [413, "", "does not understand this agent's request (413)"],
    [415, "", "does not understand this agent's request (415)"],
    [422, "", "does not understand this agent's request (422)"],
    [418, "", "answered 418 I'm a Teapot: "],
    [200, "", "answered 200 OK with nothing in it: "],
    [300, "", "answered 300 Multiple Choices: "],
    [200, { status: "ok" }, "answered 200 OK with JSON that is not GraphQL: "],
    [400, "<title>400 Bad Request</title>", "does not understand this agent's request (400)"],
    [200, "<title>OK</title>", 'answered 200 OK with a page titled "OK": '],
  ])("%i %j", (status, body, words) => {
    const outcome = outcomeOf(status, body);
    const detail = outcome.kind === "unreachable" ? outcome.detail : "";
    expect(`${detail.replace("something other than a control plane answers at that URL", "")}`).toBe(
      `cp ${words}`,
    );
  });

  it.each([
    [200, "{", JSON_TYPE, "answer-malformed"],
    [299, "{", JSON_TYPE, "answer-malformed"],
    [300, "{", JSON_TYPE, "not-a-control-plane"],
    [200, "{", {}, "not-a-control-plane"],
    [200, "<title>Sign in</title>", JSON_TYPE, "not-a-control-plane"],
    [200, "", JSON_TYPE, "not-a-control-plane"],
    [200, "[]", JSON_TYPE, "not-a-control-plane"],
  ])("%i %j with the headers %j is %s", (status, body, headers, cause) => {
    expect(outcomeOf(status, body, headers)).toMatchObject({ cause });
  });
});

describe("a rate limit", () => {
  const coded = (extensions: object) => ({ errors: [{ message: "Slow", extensions }], data: null });
  const limited = { code: "RATE_LIMITED" };

  it.each<
    [status: number, body: unknown, headers: Answer["headers"], isMarkExpected: boolean, whose: string]
  >([
    [429, "too fast", {}, true, "the gateway's"],
    [429, "too fast", {}, false, "unknown"],
    [429, "too fast", MARKED, true, "unknown"],
    [429, "too fast", MARKED, false, "unknown"],
    [403, { message: "Out of call volume quota" }, {}, true, "the gateway's"],
    [403, { message: "Out of call volume quota" }, {}, false, "unknown"],
    [200, coded(limited), {}, true, "the gateway's"],
    [200, coded(limited), {}, false, "unknown"],
    [200, coded(limited), MARKED, true, "unknown"],
    [200, coded({ ...limited, [ANSWER_MARK_EXTENSION]: ANSWER_MARK }), {}, true, "unknown"],
  ])(
    "of %i %j with the headers %j is, if a mark is expected (%s), %s",
    (status, body, headers, isMarkExpected, whose) => {
      const remedy =
        whose === "unknown" ? undefined : expect.stringContaining("raise the limit of the proxy or gateway");
      expect(outcomeOf(status, body, headers, isMarkExpected)).toMatchObject({
        cause: "rate-limited",
        remedy,
      });
    },
  );
});

it("a body without a code is no refusal of the control plane's for another status", () => {
  const body = { errors: [{ message: "Unauthorized" }] };
  expect([401, 403, 500].map((status) => isOwnRefusal(body, status))).toEqual([true, false, false]);
});

it("a date that no calendar has is no date", () => {
  expect(httpDateMs("Sat, 99 Nov 2026 11:00:00 GMT")).toBeUndefined();
});
