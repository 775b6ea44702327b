import { describe, expect, it } from "vitest";
import { outcomeOfAnswer } from "../../../../src/agent/sync/answer/answer.ts";
import type { Answer } from "../../../../src/agent/sync/answer/http-answer.ts";
import type { Unreachable } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { currentKeyReply, syncReply } from "../../../../src/protocol/sync.ts";

const DATE = "Sat, 21 Nov 2026 12:00:00 GMT";
const REPLY = {
  key: { id: "key-1", name: "prod", expiresAt: null, revokesAt: null },
  organization: { id: "org-1", name: "Acme", slug: "acme" },
};

function outcomeOf(status: number, body: unknown, headers: Answer["headers"] = {}) {
  return outcomeOfAnswer(
    {
      status,
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      receivedAtMs: Date.UTC(2030, 0, 1),
      host: "cp.example.com",
      endpoint: "https://cp.example.com/graphql",
      sentFingerprint: "0a1b2c3d",
      isMarkExpected: false,
    },
    { field: "currentKey", reply: currentKeyReply },
  );
}

function error(code: string, more: object = {}): object {
  return { message: "Unauthorized", extensions: { code, ...more } };
}

describe("an acceptance", () => {
  it("has the reply and the server's clock", () => {
    expect(outcomeOf(200, { data: { currentKey: REPLY } }, { date: DATE })).toEqual({
      kind: "accepted",
      reply: REPLY,
      serverTimeMs: Date.UTC(2026, 10, 21, 12),
    });
  });

  it.each([undefined, "yesterday", "2026-11-21"])("with the date %s has no server's clock", (date) => {
    expect(outcomeOf(200, { data: { currentKey: REPLY } }, { date })).toMatchObject({
      serverTimeMs: undefined,
    });
  });

  it("does not mind fields that this version does not know, nor an empty list of errors", () => {
    const reply = { ...REPLY, key: { ...REPLY.key, colour: "red" }, new: {} };
    expect(outcomeOf(200, { data: { currentKey: reply }, errors: [], extensions: {} })).toMatchObject({
      kind: "accepted",
      reply: REPLY,
    });
  });

  it("keeps the lines of a signature, and of nothing else", () => {
    const text = "two\nlines";
    const pendingUpgrade = { targetVersion: text, url: text, sha256: text, signature: text, expiresAt: 1 };
    const syncExecutor = {
      ...REPLY,
      executor: { id: "executor-1", name: text },
      heartbeatTimeoutMs: 30_000,
      compatibility: { verdict: "supported" },
      duplicates: [{ instanceId: "a", hostName: text, address: text, lastSyncAt: 1 }],
      pendingUpgrade,
    };
    const outcome = outcomeOfAnswer(
      {
        status: 200,
        headers: {},
        body: JSON.stringify({ data: { syncExecutor } }),
        receivedAtMs: 0,
        host: "cp",
        endpoint: "https://cp/graphql",
        sentFingerprint: "0a1b2c3d",
        isMarkExpected: false,
      },
      { field: "syncExecutor", reply: syncReply },
    );
    expect(JSON.stringify(outcome).match(/two.{1,2}lines/g)).toEqual([
      "two lines",
      "two lines",
      "two lines",
      "two lines",
      "two lines",
      "two lines",
      "two\\nlines",
    ]);
  });

  it("stands although an optional part below it failed", () => {
    const part = { message: "no", path: ["currentKey", "key", "revokesAt"] };
    expect(outcomeOf(200, { data: { currentKey: REPLY }, errors: [part] }).kind).toBe("accepted");
  });

  it.each([
    ["an error of the field itself", { message: "no", path: ["currentKey"] }],
    ["an error without a path", { message: "no" }],
    ["an error of another field", { message: "no", path: ["other", "part"] }],
    ["a limit below it", { message: "Rate limit exceeded", path: ["currentKey", "key"] }],
  ])("does not stand beside %s", (_what, failure) => {
    expect(outcomeOf(200, { data: { currentKey: REPLY }, errors: [failure] }).kind).toBe("unreachable");
  });

  it.each([
    ["UNAUTHENTICATED", "refused"],
    ["FORBIDDEN", "forbidden"],
  ])("never stands beside %s", (code, kind) => {
    const failure = { ...error(code), path: ["currentKey", "key", "revokesAt"] };
    expect(outcomeOf(200, { data: { currentKey: REPLY }, errors: [failure] }).kind).toBe(kind);
  });

  it.each([300, 400, 500, 503])(
    "is not one with status %i, although only an optional field failed",
    (status) => {
      const failure = { ...error("INTERNAL_SERVER_ERROR"), path: ["currentKey", "key", "revokesAt"] };
      const body = { data: { currentKey: REPLY }, errors: [failure] };
      expect(outcomeOf(200, body).kind).toBe("accepted");
      expect(outcomeOf(status, body).kind).toBe("unreachable");
    },
  );

  it("is not one with a status of failure", () => {
    expect(outcomeOf(500, { data: { currentKey: REPLY } })).toMatchObject({ cause: "server-error" });
    expect(outcomeOf(401, { data: { currentKey: REPLY } })).toMatchObject({ cause: "foreign-refusal" });
  });

  it.each([
    [{ ...REPLY, key: { ...REPLY.key, id: 7 } }, "currentKey.key.id"],
    [{ ...REPLY, organization: null }, "currentKey.organization"],
    [null, "currentKey"],
    ["text", "currentKey"],
  ])("that is %j names what is wrong in it", (reply, path) => {
    const outcome = outcomeOf(200, { data: { currentKey: reply } });
    expect(outcome).toMatchObject({ cause: "answer-malformed", remedy: expect.stringContaining("versions") });
    expect(outcome).toHaveProperty("detail", expect.stringContaining(`without a valid ${path}:`));
  });
});

describe("several errors", () => {
  it.each([
    [["INTERNAL_SERVER_ERROR", "UNAUTHENTICATED"], "refused", undefined],
    [["FORBIDDEN", "UNAUTHENTICATED"], "refused", undefined],
    [["BAD_USER_INPUT", "FORBIDDEN"], "forbidden", undefined],
    [["UNAUTHENTICATED", "RATE_LIMITED"], "unreachable", "rate-limited"],
    [["INTERNAL_SERVER_ERROR", "BAD_USER_INPUT"], "unreachable", "server-error"],
  ])("%j are %s", (codes, kind, cause) => {
    const outcome = outcomeOf(200, { errors: codes.map((code) => error(code)), data: null });
    expect(outcome).toMatchObject(cause === undefined ? { kind } : { kind, cause });
  });
});

describe("a refusal", () => {
  it("carries reason, message, status, clock and the wait that was asked for", () => {
    const body = {
      errors: [{ message: "key revoked", extensions: { code: "UNAUTHENTICATED", reason: "revoked" } }],
    };
    const headers = { date: DATE, "retry-after": "Sat, 21 Nov 2026 12:00:30 GMT" };
    expect(outcomeOf(401, body, headers)).toEqual({
      kind: "refused",
      reason: "revoked",
      message: "key revoked",
      facts: {},
      isMarked: false,
      httpStatus: 401,
      serverTimeMs: Date.UTC(2026, 10, 21, 12),
      retryAfterMs: 30_000,
    });
  });

  it("keeps a reason that this version does not know", () => {
    expect(outcomeOf(401, { errors: [error("UNAUTHENTICATED", { reason: "on_holiday" })] })).toMatchObject({
      reason: "on_holiday",
    });
  });

  it("says its code where that and its status differ", () => {
    expect(outcomeOf(403, { errors: [error("UNAUTHENTICATED")] }).kind).toBe("refused");
    expect(outcomeOf(401, { errors: [error("FORBIDDEN")] }).kind).toBe("forbidden");
  });

  it("is not read out of a body for another status", () => {
    expect(outcomeOf(401, { statusCode: 500, message: "x" })).toMatchObject({ cause: "foreign-refusal" });
    expect(outcomeOf(200, { statusCode: 401, message: "x" })).toMatchObject({ cause: "not-a-control-plane" });
  });
});

describe("what an operator reads", () => {
  it.each([
    [
      401,
      "<html>",
      "a server at cp.example.com answered 401 (application/json), but not as a control plane does: a proxy, or another program at that URL",
    ],
    [
      503,
      "<title>Down</title>",
      'cp.example.com answered 503 Service Unavailable with a page titled "Down" (application/json)',
    ],
    [502, "", "cp.example.com answered 502 Bad Gateway (application/json)"],
    [
      404,
      "<title>404 Not Found</title>",
      "cp.example.com answered 404 Not Found (application/json): something other than a control plane answers at that URL",
    ],
    [
      200,
      { errors: [{ message: "Unexpected error." }] },
      'cp.example.com answered with an error: "Unexpected error."',
    ],
    [
      200,
      { errors: [error("executor_offline")] },
      'cp.example.com declined the request (executor_offline): "Unauthorized"',
    ],
    [
      200,
      "<title>Sign in</title>",
      'cp.example.com answered 200 OK with a page titled "Sign in" (application/json): something other than a control plane answers at that URL',
    ],
    [
      400,
      { message: ["name must be shorter", "kind is missing"], statusCode: 400 },
      'cp.example.com does not understand this agent\'s request (400): "name must be shorter; kind is missing"',
    ],
    [429, "", "cp.example.com asks for fewer requests (429)"],
    [
      400,
      "<center>The plain HTTP request was sent to HTTPS port</center>",
      "cp.example.com speaks TLS, but the request was plain HTTP",
    ],
  ])("of %i %j", (status, body, detail) => {
    expect(outcomeOf(status, body)).toMatchObject({ kind: "unreachable", detail });
  });

  it.each([
    [200, "It works!", { server: "Apache/2.4.62 (Debian)", "content-type": "text/html" }],
    [404, "<title>Error</title>", { server: "Jetty(9.4)", "content-type": "text/html;charset=utf-8" }],
    [405, "", { server: "BaseHTTP/0.6 Python/3.11.2", "content-type": "text/html;charset=utf-8" }],
    [501, "", { server: "SimpleHTTP/0.6 Python/3.11.2", "content-type": "text/html;charset=utf-8" }],
    [403, '{"detail":"no"}', { server: "uvicorn", "content-type": "application/json" }],
    [415, "", { server: "Kestrel", "content-type": "application/problem+json" }],
    [200, '{"status":"ok"}', { server: "Werkzeug/3.0", "content-type": "application/json" }],
  ])("of another program is what it calls itself: %i %j", (status, body, headers) => {
    const { server, "content-type": type } = headers;
    expect(outcomeOf(status, body, headers)).toMatchObject({
      kind: "unreachable",
      detail: expect.stringContaining(`(Server: ${server}, ${type.split(";")[0]})`),
    });
  });

  it("of another program is short and printable, and never a key", () => {
    const key = `exc_${"A1b2".repeat(16)}`;
    const { detail } = outcomeOf(404, "", { server: `x\u0007${key}${"y".repeat(500)}` }) as Unreachable;
    expect(detail).not.toContain(key);
    expect(detail).not.toContain("\u0007");
    expect(detail.length).toBeLessThan(250);
  });

  it("of something that is no control plane is where to look, and which setting to change", () => {
    expect(outcomeOf(404, "", { server: "nginx" })).toMatchObject({
      remedy: expect.stringMatching(
        /^either another program has that port, or the path is wrong: look which program serves there; then set control_plane\.url/,
      ),
    });
  });

  it.each([
    [404, "<title>Error</title>", { "x-powered-by": "Express" }, "(Server: Express, application/json)"],
    [405, "", { "x-powered-by": "Next.js" }, "(Server: Next.js, application/json)"],
  ])("of a program of Node names its framework: %i", (status, body, headers, said) => {
    expect(outcomeOf(status, body, headers)).toMatchObject({ detail: expect.stringContaining(said) });
  });

  it.each([
    ["a server of files", 501, "", {}],
    ["a page with a sign-in", 302, "", { location: "/login" }],
  ])("of %s blames the program on that port, not the control plane", (_what, status, body, headers) => {
    expect(outcomeOf(status, body, headers)).toMatchObject({
      remedy: expect.stringMatching(/^either another program has that port, or the path is wrong/u),
    });
  });

  it.each([
    ["another program's", {}, /^check control_plane\.url.*; if that is the control plane, the versions/u],
    [
      "the control plane's",
      { "novacula-answered-by": "control-plane" },
      /^the versions of agent and control plane differ/u,
    ],
  ])("of a document that %s GraphQL does not know", (_whose, headers, said) => {
    const unknown =
      '{"errors":[{"message":"Cannot query field \\"syncExecutor\\" on type \\"Mutation\\"."}]}';
    expect(outcomeOf(200, unknown, headers)).toMatchObject({ remedy: expect.stringMatching(said) });
  });

  it("of a redirect is where to, never with its path or its user info", () => {
    const outcome = outcomeOf(302, "", { location: "https://user:secret@login.example.com/a?token=b" });
    expect(outcome).toMatchObject({
      cause: "redirect",
      detail: "cp.example.com answered 302, a redirect to https://login.example.com, which is not followed",
      remedy: "if the control plane has moved there, set control_plane.url to it",
    });
  });
});

it("a body nested a hundred thousand deep is only malformed", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  expect(outcomeOf(200, `{"data":{"currentKey":${deep}}}`)).toMatchObject({ cause: "answer-malformed" });
  const refusal = `{"errors":[{"message":"x","extensions":{"code":${deep}}}]}`;
  expect(outcomeOf(401, refusal)).toMatchObject({ cause: "foreign-refusal" });
  expect(outcomeOf(200, deep)).toMatchObject({ cause: "not-a-control-plane" });
});

it("a body cannot reach a prototype", () => {
  const outcome = outcomeOf(200, '{"data":{"__proto__":{"currentKey":{}},"constructor":1}}');
  expect(outcome).toMatchObject({ cause: "answer-malformed" });
});
