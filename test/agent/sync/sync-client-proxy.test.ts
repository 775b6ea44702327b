import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultyServer, startFaultyServer } from "../../support/agent/faulty-server.ts";
import { startTestProxy } from "../../support/agent/test-proxy.ts";
import { type TestCertificates, testCertificates } from "../../support/certificates.ts";
import { everythingIn, NEVER, SYNC_REQUEST, testClient } from "../../support/control-plane/test-client.ts";
import { makeKey } from "../../support/keys.ts";

/** What a TLS server sends to a client that speaks plain HTTP: an alert (RFC 8446, 6). */
const TLS_ALERT = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x16]);
/** A name that only the proxy can reach: its tunnels all end at `server`, which has the certificate of that name. */
const URL_BEHIND = "https://other.example.com";

let certificates: TestCertificates;
let server: FaultyServer;
beforeAll(async () => {
  certificates = await testCertificates();
  server = await startFaultyServer({ tls: certificates.wrongName });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("through a proxy", () => {
  it("the control plane is reached, over one tunnel, and the key stays inside it", async () => {
    await using proxy = await startTestProxy({ targetPort: server.port });
    const secret = makeKey();
    const options = { proxy: `http://${proxy.address}`, caPem: certificates.caPem, secret };
    await using client = testClient(URL_BEHIND, options);
    for (let count = 0; count < 3; count += 1) {
      expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
    }
    expect(proxy.requests).toEqual(["CONNECT other.example.com:443"]);
    expect(proxy.seen()).not.toContain(secret);
    expect(proxy.seen().toLowerCase()).not.toMatch(/^authorization/m);
  });

  it.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])("that %s names", async (variable) => {
    await using proxy = await startTestProxy({ targetPort: server.port });
    const environment = { [variable]: `http://${proxy.address}` };
    await using client = testClient(URL_BEHIND, { environment, caPem: certificates.caPem });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  });

  it("a certificate is judged like any other", async () => {
    await using proxy = await startTestProxy({ targetPort: server.port });
    const options = { proxy: `http://${proxy.address}`, caPem: certificates.caPem };
    await using untrusting = testClient(URL_BEHIND, { ...options, caPem: undefined });
    await using misnamed = testClient("https://cp.example.com", options);
    expect(await untrusting.sync(SYNC_REQUEST, NEVER)).toMatchObject({ cause: "tls-untrusted" });
    expect(await misnamed.sync(SYNC_REQUEST, NEVER)).toMatchObject({ cause: "tls-name-mismatch" });
  });

  it("credentials are given, with their escapes undone", async () => {
    await using proxy = await startTestProxy({ targetPort: server.port, credentials: "user:p@ss%" });
    const url = `http://user:p%40ss%25@${proxy.address}`;
    await using client = testClient(URL_BEHIND, { proxy: url, caPem: certificates.caPem });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  });

  it("a stale tunnel costs one repetition and no failed sync", async () => {
    await using proxy = await startTestProxy({ targetPort: server.port });
    const options = { proxy: `http://${proxy.address}`, caPem: certificates.caPem };
    await using client = testClient(URL_BEHIND, options);
    await client.sync(SYNC_REQUEST, NEVER);
    const first = server.connectionCount();
    server.respond(({ request, response }) => {
      if (request.connection === first) {
        response.destroy();
      } else {
        response.writeHead(503).end();
      }
    });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ cause: "server-error" });
  });

  it("over TLS, the proxy's certificate is judged too", async () => {
    await using proxy = await startTestProxy({ targetPort: server.port, tls: certificates.good });
    const url = `https://${proxy.address.replace("127.0.0.1", "localhost")}`;
    await using trusting = testClient(URL_BEHIND, { proxy: url, caPem: certificates.caPem });
    await using untrusting = testClient(URL_BEHIND, { proxy: url });
    expect(await trusting.sync(SYNC_REQUEST, NEVER)).toMatchObject({ httpStatus: 503 });
    expect(await untrusting.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "proxy",
      detail: expect.stringMatching(/certificate of localhost:\d+ is signed by .* \([A-Z_]+\)$/u),
      remedy:
        'put the certificate of the proxy\'s authority into control_plane.ca_file; if other.example.com needs no proxy, set proxy = "none" under [control_plane] in agent.toml',
    });
  });
});

describe("a proxy that does not work", () => {
  it.each([
    [407, "proxy-authentication", "asks for credentials (407)"],
    [403, "proxy", "would not connect to other.example.com:443 (403)"],
    [502, "proxy", "would not connect to other.example.com:443 (502)"],
  ] as const)("answers CONNECT with %i", async (status, cause, words) => {
    await using proxy = await startTestProxy({ targetPort: server.port });
    proxy.setMode(status);
    await using client = testClient(URL_BEHIND, { proxy: `http://user:hunter2@${proxy.address}` });
    const outcome = await client.sync(SYNC_REQUEST, NEVER);
    expect(outcome).toMatchObject({ kind: "unreachable", cause, detail: expect.stringContaining(words) });
    expect(everythingIn(outcome)).not.toContain("hunter2");
  });

  it("is down: the sentence names the proxy, not the control plane", async () => {
    const proxy = await startTestProxy({ targetPort: server.port });
    await proxy[Symbol.asyncDispose]();
    await using client = testClient(URL_BEHIND, { proxy: `http://${proxy.address}` });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "proxy",
      detail: `the proxy (set in control_plane.proxy) does not work: connection refused by ${proxy.address} (ECONNREFUSED)`,
      remedy:
        'check that proxy; if other.example.com needs no proxy, set proxy = "none" under [control_plane] in agent.toml',
    });
  });

  it("is down, and a variable names it: the remedy says how to go without it", async () => {
    const proxy = await startTestProxy({ targetPort: server.port });
    await proxy[Symbol.asyncDispose]();
    await using client = testClient(URL_BEHIND, {
      environment: { HTTPS_PROXY: `http://${proxy.address}` },
      variablePlaces: new Map([["HTTPS_PROXY", "/etc/x.conf line 2"]]),
    });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      detail: expect.stringMatching(
        /^the proxy \(set in HTTPS_PROXY \(\/etc\/x\.conf line 2\)\) does not work/u,
      ),
      remedy: expect.stringMatching(
        /^check that proxy; if other\.example\.com needs no proxy, set proxy = "none" under \[control_plane\] in agent\.toml, or add it to NO_PROXY where HTTPS_PROXY is set, then run: (?:sudo )?systemctl daemon-reload && (?:sudo )?novacula-agent restart$/u,
      ),
    });
  });

  it.each([
    [
      "closes the connection",
      (socket: Socket) => socket.destroy(),
      "closed the connection without an answer",
    ],
    ["speaks another protocol", (socket: Socket) => socket.end("220 ftp\r\n"), "answered, but not in HTTP"],
    ["wants TLS", (socket: Socket) => socket.end(TLS_ALERT), "answered, but not in HTTP"],
  ])("%s: the sentence names the proxy", async (_what, answer, words) => {
    const listener = createServer((socket) => {
      socket.on("error", () => {}).once("data", () => answer(socket));
    });
    await once(listener.listen(0, "127.0.0.1"), "listening");
    const found = listener.address();
    const address = `127.0.0.1:${typeof found === "object" ? found?.port : ""}`;
    await using client = testClient(URL_BEHIND, { proxy: `http://${address}` });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "proxy",
      detail: expect.stringContaining(
        `the proxy (set in control_plane.proxy) does not work: ${address} ${words} (`,
      ),
      remedy:
        'check that proxy; if other.example.com needs no proxy, set proxy = "none" under [control_plane] in agent.toml',
    });
    listener.close();
  });

  it("names the variable that it comes from", async () => {
    await using proxy = await startTestProxy({ targetPort: server.port });
    proxy.setMode(403);
    const environment = { https_proxy: `http://${proxy.address}`, NO_PROXY: "192.0.2.300;cp.example.com" };
    await using client = testClient(URL_BEHIND, { environment });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "proxy",
      detail: expect.stringContaining(
        `the proxy ${proxy.address} (set in https_proxy; NO_PROXY is 192.0.2.300,cp.example.com, and no entry of it matches other.example.com) would not`,
      ),
    });
  });

  it("hangs: the sync ends with the deadline, and the next one has a new tunnel", async () => {
    await using proxy = await startTestProxy({ targetPort: server.port });
    proxy.setMode("hang");
    const options = { proxy: `http://${proxy.address}`, caPem: certificates.caPem, deadlineMs: 1500 };
    await using client = testClient(URL_BEHIND, options);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "unreachable", cause: "timeout" });
    proxy.setMode("tunnel");
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ httpStatus: 503 });
  });

  it.each([
    "proxy.example.com:3128",
    "10.0.0.1:3128",
    "socks5://proxy.example.com:1080",
    "http://user:50%@proxy.example.com",
    "http://",
    "nonsense",
  ])("is written as %s: an outcome with a remedy, and the password is not repeated", async (proxy) => {
    await using client = testClient(URL_BEHIND, { environment: { HTTPS_PROXY: proxy } });
    const outcome = await client.sync(SYNC_REQUEST, NEVER);
    expect(outcome).toMatchObject({
      kind: "unreachable",
      cause: "proxy",
      detail: expect.stringContaining("HTTPS_PROXY"),
      remedy: expect.stringContaining("HTTPS_PROXY"),
    });
    expect(everythingIn(outcome)).not.toContain("50%");
  });
});

it("loopback goes past every proxy", async () => {
  await using here = await startFaultyServer();
  await using proxy = await startTestProxy({ targetPort: here.port });
  const address = `http://${proxy.address}`;
  await using client = testClient(here.url, { proxy: address, environment: { HTTP_PROXY: address } });
  expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  expect(proxy.requests).toEqual([]);
});
