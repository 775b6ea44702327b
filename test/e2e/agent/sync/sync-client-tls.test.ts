import { createServer } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { startFaultyServer } from "../../../support/agent/faulty-server.ts";
import { runSyncChild } from "../../../support/agent/run-sync-child.ts";
import { type TestCertificates, testCertificates } from "../../../support/certificates.ts";
import { NEVER, SYNC_REQUEST, testClient } from "../../../support/control-plane/test-client.ts";

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await testCertificates();
});

describe("a private authority", () => {
  it("is trusted when ca_file holds it, over one connection", async () => {
    await using server = await startFaultyServer({ tls: certificates.good });
    await using client = testClient(server.url, { caPem: certificates.caPem });
    for (let count = 0; count < 3; count += 1) {
      expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
    }
    expect(server.connectionCount()).toBe(1);
  });

  it("is not trusted otherwise; the remedy is ca_file", async () => {
    await using server = await startFaultyServer({ tls: certificates.good });
    await using client = testClient(server.url);
    const outcome = await client.sync(SYNC_REQUEST, NEVER);
    expect(outcome).toMatchObject({
      kind: "unreachable",
      cause: "tls-untrusted",
      detail: expect.stringContaining(`localhost:${server.port} is signed by a certificate authority`),
      remedy: expect.stringContaining("name that file in control_plane.ca_file"),
    });
    expect(server.requests).toEqual([]);
  });

  it("that did not sign the certificate is said to be the wrong one", async () => {
    await using server = await startFaultyServer({ tls: certificates.selfSigned });
    await using client = testClient(server.url, { caPem: certificates.caPem });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "tls-untrusted",
      detail: expect.stringContaining("is self-signed"),
      remedy: expect.stringContaining("does not contain the authority"),
    });
  });

  it("is trusted when ca_file holds the self-signed certificate itself", async () => {
    await using server = await startFaultyServer({ tls: certificates.selfSigned });
    await using client = testClient(server.url, { caPem: certificates.selfSigned.cert });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  });
});

describe("a certificate", () => {
  it("that has expired is named with its date and this host's", async () => {
    await using server = await startFaultyServer({ tls: certificates.expired });
    await using client = testClient(server.url, { caPem: certificates.caPem });
    const today = new Date().toISOString().slice(0, 10);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "tls-expired",
      detail: `the certificate of localhost:${server.port} expired on 2021-12-31 (this host's clock says ${today})`,
    });
  });

  it("that is not valid yet points at this host's clock", async () => {
    await using server = await startFaultyServer({ tls: certificates.notYetValid });
    await using client = testClient(server.url, { caPem: certificates.caPem });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "tls-not-yet-valid",
      detail: expect.stringContaining("is not valid before 2090-01-01T00:00:00Z"),
      remedy: expect.stringContaining("clock"),
    });
  });

  it("for other names lists them", async () => {
    await using server = await startFaultyServer({ tls: certificates.wrongName });
    await using client = testClient(server.url, { caPem: certificates.caPem });
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "tls-name-mismatch",
      detail: `the certificate of localhost:${server.port} is for other.example.com, 192.0.2.7, not for that name`,
    });
    expect(server.requests).toEqual([]);
  });
});

describe("NODE_TLS_REJECT_UNAUTHORIZED=0", () => {
  it("changes nothing", async () => {
    await using server = await startFaultyServer({ tls: certificates.good });
    const { outcomes } = await runSyncChild(
      { url: server.url, count: 2 },
      { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    );
    expect(outcomes.map(({ cause }) => cause)).toEqual(["tls-untrusted", "tls-untrusted"]);
    expect(server.requests).toEqual([]);
  });
});

it("a connection cut during the handshake is lost, and not one that went stale", async () => {
  let connectionCount = 0;
  const cutter = createServer((socket) => {
    connectionCount += 1;
    socket.once("data", () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => cutter.listen(0, "127.0.0.1", resolve));
  const address = cutter.address();
  if (typeof address !== "object" || address === null) {
    throw new TypeError("not listening");
  }
  await using client = testClient(`https://localhost:${address.port}`);
  expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ cause: "connection-lost" });
  expect(connectionCount).toBe(1);
  await new Promise((resolve) => cutter.close(resolve));
});

describe("http and https mixed up", () => {
  it("https to a port that speaks HTTP", async () => {
    await using server = await startFaultyServer();
    await using client = testClient(server.url.replace("http:", "https:"));
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({
      cause: "tls-other",
      detail: expect.stringContaining("does not speak TLS"),
      remedy: expect.stringContaining("plain HTTP"),
    });
  });

  it("http to a port that speaks TLS", async () => {
    await using server = await startFaultyServer({ tls: certificates.good });
    await using client = testClient(server.url.replace("https:", "http:"));
    const outcome = await client.sync(SYNC_REQUEST, NEVER);
    expect(outcome).toMatchObject({ kind: "unreachable", remedy: expect.stringContaining("write https://") });
  });
});
