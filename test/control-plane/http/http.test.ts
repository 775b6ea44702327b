import { connect } from "node:net";
import { Readable } from "node:stream";
import { Client, request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { randomKey } from "../../../src/control-plane/keys/random-key.ts";
import { ANSWER_MARK, ANSWER_MARK_HEADER } from "../../../src/protocol/answer-mark.ts";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import {
  SYNC_INPUT,
  sendRaw,
  startServer,
  type TestServer,
} from "../../support/control-plane/control-plane-server.ts";

import { eventually } from "../../support/eventually.ts";

const JSON_TYPE = { "content-type": "application/json" };
const CURRENT_KEY = '{ currentKey(input: { executorName: "agent-1" }) { key { id } } }';

async function serverWithKey(
  overrides = {},
): Promise<{ server: TestServer; secret: string; client: Client }> {
  const server = await startServer(overrides);
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const client = new Client(server.url);
  onTestFinished(() => client.destroy());
  return { server, secret, client };
}

describe("the guard", () => {
  it.each([
    ["nothing", undefined, "nothing"],
    ["an empty header", "", "nothing"],
    ["blanks", "   ", "nothing"],
    ["another scheme", "Basic ZXhjXzEyMzQ=", "other_scheme"],
    ["a scheme with commas", 'Digest username="a", realm="b c", uri="/"', "other_scheme"],
    ["Negotiate", "Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa+gMDAuBgkqhkiC9xIBAgI", "other_scheme"],
    ["a bare key", "exc_abcdefghijklmnopqrstuvwxyz", "other_scheme"],
    ["two keys", "Bearer exc_abcdefghijklmnop, Bearer exc_qrstuvwxyzabcdef", "several"],
    ["a key and another scheme", "Bearer exc_abcdefghijklmnop, Basic ZXhjXzEyMzQ=", "several"],
    ["another scheme and a key", "Basic ZXhjXzEyMzQ=,Bearer exc_abcdefghijklmnop", "several"],
    ["a key behind a comma", "Bearer exc_abcdefghijklmnop,exc_abcdefghijklmnop", "several"],
    ["Bearer alone", "Bearer ", "not_a_key"],
    ["a token of somebody else", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "not_a_key"],
    ["no prefix", "Bearer abcdefghijklmnopqrstuvwxyz", "not_a_key"],
    ["an upper-case prefix", "Bearer EXC_abcdefghijklmnopqrstuvwxyz", "not_a_key"],
    ["a space inside", "Bearer exc_abc def", "not_a_key"],
    ["quotes", 'Bearer "exc_abcdef"', "not_a_key"],
    ["Latin 1", "Bearer exc_\u00e4\u00f6\u00fcabcdefghijklmnopq", "not_a_key"],
  ])("calls %s malformed, and says what arrived", async (_what, authorization, arrived) => {
    const { server, client } = await serverWithKey();
    const headers = authorization === undefined ? JSON_TYPE : { ...JSON_TYPE, authorization };
    const answer = await sendRaw(client, headers, JSON.stringify({ query: CURRENT_KEY }));
    expect(answer).toMatchObject({ status: 401, code: "UNAUTHENTICATED", reason: "malformed" });
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { arrived } }] });
    const line = server.lines.find((each) => each.includes('"key.refused"')) ?? "";
    expect(JSON.parse(line)).toMatchObject({ reason: "malformed", arrived });
    expect(line).toMatch(/If this is an executor, a proxy on the way/);
    expect(`${answer.text}${server.lines.join("\n")}`).not.toMatch(/exc_[a-z]|ZXhjXz|YIIJ|eyJ|username/);
  });

  it("answers 401 as HTTP and as GraphQL, in both conventions", async () => {
    const { server } = await serverWithKey();
    const secret = randomKey();
    const answer = await server.post(secret, CURRENT_KEY);
    expect(answer.status).toBe(401);
    expect(answer.headers["novacula-answered-by"]).toBe("control-plane");
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
    const message = expect.stringMatching(/not known here/);
    expect(JSON.parse(answer.text)).toEqual({
      errors: [
        {
          message,
          extensions: {
            code: "UNAUTHENTICATED",
            reason: "unknown",
            fingerprint: keyFingerprint(secret),
            answeredBy: "control-plane",
            originalError: { message, statusCode: 401 },
          },
        },
      ],
      data: null,
    });
  });

  it("gives a key without capital letters back by its fingerprint, and says that they are missing", async () => {
    const { client, secret } = await serverWithKey();
    const lower = secret.toLowerCase();
    const answer = await sendRaw(client, { ...JSON_TYPE, authorization: `bearer ${lower}` }, "{}");
    expect(answer).toMatchObject({ reason: "unknown", message: expect.stringMatching(/no capital letters/) });
    expect(JSON.parse(answer.text)).toMatchObject({
      errors: [{ extensions: { fingerprint: keyFingerprint(lower) } }],
    });
  });

  it("marks acceptances and refusals as its own, and names no version", async () => {
    const { server, secret } = await serverWithKey();
    for (const key of [secret, randomKey()]) {
      const { headers } = await server.post(key, CURRENT_KEY);
      expect(headers["novacula-answered-by"]).toBe("control-plane");
    }
  });

  it("comes before the body is looked at", async () => {
    const { client } = await serverWithKey();
    expect((await sendRaw(client, JSON_TYPE, "{ not json")).status).toBe(401);
    expect((await sendRaw(client, { "content-type": "text/plain" }, "x")).status).toBe(401);
  });

  it("accepts any case of Bearer and more than one space", async () => {
    const { client, secret } = await serverWithKey();
    const body = JSON.stringify({ query: CURRENT_KEY });
    expect((await sendRaw(client, { ...JSON_TYPE, authorization: `bearer   ${secret}` }, body)).status).toBe(
      200,
    );
  });

  it("logs a refusal once a minute for each key and reason, with its fingerprint and never the key", async () => {
    const { server } = await serverWithKey();
    const unknown = randomKey();
    for (let n = 0; n < 5; n += 1) {
      await server.post(unknown, CURRENT_KEY);
    }
    await server.post("exc_hunter2", CURRENT_KEY);
    await server.post("swordfish-of-1978", CURRENT_KEY);
    const warned = server.lines
      .filter((line) => line.includes('"event":"key.refused"'))
      .map((line) => JSON.parse(line));
    expect(warned).toMatchObject([
      { reason: "unknown", fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/), address: "127.0.0.1" },
      { reason: "unknown" },
      { reason: "malformed" },
    ]);
    expect(warned[1]).not.toHaveProperty("fingerprint");
    expect(warned[2]).not.toHaveProperty("fingerprint");
    server.clock.offsetMs = 61_000;
    await server.post(unknown, CURRENT_KEY);
    expect(server.lines.filter((line) => line.includes('"event":"key.refused"'))).toHaveLength(4);
    expect(server.lines.filter((line) => line.includes('"event":"sync.refused"'))).toHaveLength(8);
    for (const secret of [unknown, "hunter2", "swordfish"]) {
      expect(server.lines.join("")).not.toContain(secret);
    }
  });
});

describe("bodies", () => {
  it.each([
    ["no JSON", "{ not json"],
    ["an array", "[]"],
    ["no query", "{}"],
    ["a query that is no text", '{"query":1}'],
    ["variables that are no object", '{"query":"{ __typename }","variables":[]}'],
    ["nothing", ""],
  ])("of %s are refused in one sentence that repeats nothing", async (_what, body) => {
    const { client, secret } = await serverWithKey();
    const answer = await sendRaw(client, { ...JSON_TYPE, authorization: `Bearer ${secret}` }, body);
    expect(answer).toMatchObject({
      status: 200,
      code: "BAD_USER_INPUT",
      message: expect.stringMatching(/^the body is no/),
    });
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])(
    "of type %j are not taken",
    async (type) => {
      const { client, secret } = await serverWithKey();
      const headers = { "content-type": type, authorization: `Bearer ${secret}` };
      expect((await sendRaw(client, headers, '{"query":"{ __typename }"}')).status).toBe(415);
    },
  );

  it("larger than 256 KiB are refused with 413, announced or not, and the answer arrives", async () => {
    const { server, client, secret } = await serverWithKey();
    const headers = { ...JSON_TYPE, authorization: `Bearer ${secret}` };
    expect((await sendRaw(client, headers, Buffer.alloc(3_000_000, 32))).status).toBe(413);
    const chunked = async function* () {
      for (let n = 0; n < 80; n += 1) {
        yield Buffer.alloc(65_536, 32);
      }
    };
    const answer = await request(`${server.url}/graphql`, {
      method: "POST",
      headers,
      body: Readable.from(chunked()),
    });
    expect(answer.statusCode).toBe(413);
    expect(await answer.body.json()).toMatchObject({
      errors: [{ extensions: { code: "REQUEST_ENTITY_TOO_LARGE" } }],
    });
  });

  /** On a busy machine a good request may also take longer than the short limits of this server. */
  const isServed = async (server: { readonly post: TestServer["post"] }, secret: string) =>
    await eventually(async () => (await server.post(secret, CURRENT_KEY)).status === 200, {
      describe: "another request is served",
    });

  it("that drip, and headers that do, are cut off while others are served", async () => {
    const { server, secret } = await serverWithKey({ headersTimeoutMs: 300, requestTimeoutMs: 600 });
    const head = `POST /graphql HTTP/1.1\r\nHost: x\r\n`;
    const rest = `Content-Type: application/json\r\nAuthorization: Bearer ${secret}\r\nContent-Length: 1000\r\n\r\n`;
    for (const opening of [head, head + rest]) {
      const socket = connect(server.port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => undefined).write(opening);
      const drip = setInterval(() => socket.write(" "), 50);
      // Not once(), which rejects if the drip meets the closed end before the close is seen here.
      const closed = new Promise((resolve) => socket.resume().on("close", resolve));
      await isServed(server, secret);
      await closed;
      clearInterval(drip);
    }
    await isServed(server, secret);
    expect(server.lines.filter((line) => line.includes('"event":"bug"'))).toEqual([]);
  });
});

describe("documents", () => {
  const deep = `{ currentKey(input: { executorName: "x" }) ${"{ key ".repeat(20)}{ id }${" }".repeat(20)} }`;
  const bomb = `{ ...A0 } ${Array.from({ length: 30 }, (_, n) => `fragment A${n} on Query { ...A${n + 1} ...A${n + 1} }`).join(" ")} fragment A30 on Query { __typename }`;
  it.each([
    ["nested deeply", deep, /deeper than/],
    [
      "with many aliases",
      `{ ${Array.from({ length: 11 }, (_, n) => `a${n}: __typename`).join(" ")} }`,
      /more than 10 aliases/,
    ],
    ["with many fields", `{ ${"__typename ".repeat(301)} }`, /more than 300 fields/],
    ["of fragments that double thirty times", bomb, /more than 300 fields/],
    ["that are long", `{ __typename } #${"x".repeat(20_000)}`, /longer than/],
    ["with many tokens", `{ ${"__typename ".repeat(3000)} }`, /longer than|tokens/],
    [
      "of fragments that spread each other",
      "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
      /Cannot spread fragment/,
    ],
    ["that are no GraphQL", "{ ", /Syntax Error/],
    ["without an operation", "fragment A on Query { __typename }", /./],
  ])("%s are refused", async (_what, query, why) => {
    const { server, secret } = await serverWithKey();
    // One whose fragments double would take longer than any test may.
    const answer = await server.post(secret, query);
    expect(answer.status).toBe(200);
    expect(answer.code).toMatch(/BAD_USER_INPUT|GRAPHQL_PARSE_FAILED|GRAPHQL_VALIDATION_FAILED/);
    expect(answer.message).toMatch(why);
  });

  it("are answered in the media type that was asked for, with its status for a wrong one", async () => {
    const { server, secret } = await serverWithKey();
    const accept = "application/graphql-response+json, application/json;q=0.9";
    const wrong = await server.post(secret, "{ nothing }", {}, { accept });
    expect(wrong.status).toBe(400);
    expect(wrong.headers["content-type"]).toBe("application/graphql-response+json; charset=utf-8");
    const right = await server.post(secret, CURRENT_KEY, {}, { accept });
    expect(right.headers["content-type"]).toBe("application/graphql-response+json; charset=utf-8");
    expect((await server.post(secret, CURRENT_KEY)).headers["content-type"]).toBe(
      "application/json; charset=utf-8",
    );
  });

  it("that put null where none may be are the sender's mistake, and no bug of ours", async () => {
    const server = await startServer();
    const query = 'mutation($x: Boolean) { deleteExecutor(executorId: "x", revokeKeys: $x) { id } }';
    const answer = await server.manage(query, { x: null });
    expect(answer).toMatchObject({ status: 200, code: "BAD_USER_INPUT" });
    expect(answer.message).toContain("revokeKeys");
    expect(server.lines.join("")).not.toContain('"bug"');
  });

  it("with a NUL, which no record has, are the sender's mistake, wherever it is", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    for (const asked of [
      'query($text: String) { list: executors(organization: "acme", search: $text) { id } }',
      'query($text: String) { list: apiKeys(organization: "acme", filter: { target: $text }) { id } }',
      'query($text: ID) { list: auditEvents(organization: "acme", before: $text) { id } }',
      "query($text: String) { list: executors(organization: $text) { id } }",
    ]) {
      const answer = await server.manage(asked, { text: "a\0b" });
      expect(answer).toMatchObject({ status: 200, code: "BAD_USER_INPUT" });
    }
    expect(server.lines.join("")).not.toContain('"bug"');
  });

  it("run the operation that is named", async () => {
    const { client, secret } = await serverWithKey();
    const query = `query A { __typename } query B { b: __typename }`;
    const headers = { ...JSON_TYPE, authorization: `Bearer ${secret}` };
    const body = (operationName: string) => JSON.stringify({ query, operationName });
    expect((await sendRaw(client, headers, body("B"))).data).toEqual({ b: "Query" });
    expect(await sendRaw(client, headers, body("C"))).toMatchObject({ code: "BAD_USER_INPUT" });
  });
});

describe("the rest of HTTP", () => {
  it("has a health page without a key, and nothing else", async () => {
    const { server } = await serverWithKey();
    const get = async (path: string, method: "GET" | "POST" | "DELETE" = "GET") => {
      const answer = await request(server.url + path, { method });
      return { status: answer.statusCode, allow: answer.headers["allow"], body: await answer.body.json() };
    };
    expect(await get("/healthz")).toMatchObject({ status: 200, body: { status: "ok", version: "1.4.0" } });
    expect(await get("/healthz", "POST")).toMatchObject({ status: 405, allow: "GET, HEAD" });
    expect(await get("/graphql")).toMatchObject({ status: 405, allow: "POST" });
    expect(await get("/graphql", "DELETE")).toMatchObject({ status: 405 });
    expect(await get("/")).toMatchObject({ status: 404 });
  });

  it.each([
    ["/executors/graphql", "POST"],
    ["/graphql/graphql", "POST"],
    ["/graphql", "PUT"],
  ] as const)("marks its answer to a program at %s, %s", async (path, method) => {
    const { server } = await serverWithKey();
    const answer = await request(server.url + path, { method });
    expect(answer.headers[ANSWER_MARK_HEADER]).toBe(ANSWER_MARK);
    await answer.body.dump();
  });

  it("keeps connections alive for longer than executors pause", async () => {
    const { server, secret } = await serverWithKey();
    const answer = await server.sync(secret);
    expect(answer.headers["keep-alive"]).toBe("timeout=65");
  });

  it("finishes what runs when it closes, and takes nothing new", async () => {
    const { server, secret } = await serverWithKey();
    const running = Array.from({ length: 20 }, (_, n) => {
      const client = new Client(server.url);
      const input = { ...SYNC_INPUT, name: `agent-${n}` };
      const query =
        "mutation($input: SyncExecutorInput!) { syncExecutor(input: $input) { executor { id } } }";
      const headers = { ...JSON_TYPE, authorization: `Bearer ${secret}` };
      return sendRaw(client, headers, JSON.stringify({ query, variables: { input } })).finally(() =>
        client.close(),
      );
    });
    await Promise.race(running);
    const closing = server.server.close();
    const ends = await Promise.allSettled(running);
    for (const end of ends) {
      if (end.status === "fulfilled") {
        expect(end.value.status).toBe(200);
      }
    }
    await closing;
    await expect(request(`${server.url}/healthz`)).rejects.toThrow(/ECONNREFUSED/);
  });
});
