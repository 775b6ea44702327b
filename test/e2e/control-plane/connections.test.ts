import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as tlsConnect } from "node:tls";
import { request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import type { PageAssets } from "../../../src/control-plane/page/page-assets.ts";
import { testCertificates } from "../../support/certificates.ts";
import { startServer } from "../../support/control-plane/control-plane-server.ts";
import { startPeopleServer } from "../../support/control-plane/people.ts";

const LIMITS = { headersTimeoutMs: 400, requestTimeoutMs: 800, answerTimeoutMs: 500 };
const HEAD = "POST /graphql HTTP/1.1\r\nHost: x\r\n";

/** A socket that reads; the server may close it. */
async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined).resume();
  await once(socket, "connect");
  return socket;
}

/** The server may close the socket during a write, so errors are expected. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      return resolve();
    }
    socket.once("close", () => resolve());
  });
}

/** Sends a little data again and again until the socket is closed. */
function drip(socket: Socket, next: () => string | Buffer): void {
  const timer = setInterval(() => socket.write(next()), 50);
  socket.once("close", () => clearInterval(timer));
}

/** The first flight of a TLS client. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const client = tlsConnect({ host: "127.0.0.1", port }).on("error", () => undefined);
  const [socket] = await once(server, "connection");
  const [hello] = await once(socket, "data");
  socket.destroy();
  client.destroy();
  server.close();
  return hello;
}

async function tlsServer() {
  const { good } = await testCertificates();
  return startServer({ tls: good, ...LIMITS });
}

describe("the server closes a connection", () => {
  it.each<[string, (socket: Socket) => unknown]>([
    ["that is silent", () => undefined],
    ["of blank lines", (socket) => drip(socket, () => "\r\n")],
    ["of a method that drips", (socket) => socket.write("P") && drip(socket, () => "O")],
    ["of a header that drips", (socket) => socket.write(`${HEAD}X: `) && drip(socket, () => "x")],
    [
      "with a body that arrives byte by byte",
      (socket) => socket.write(`${HEAD}Content-Length: 999\r\n\r\n`) && drip(socket, () => "x"),
    ],
  ])("plain, %s", async (_what, act) => {
    const server = await startServer(LIMITS);
    const socket = await open(server.port);
    act(socket);
    await closed(socket);
  });

  it.each<[string, (socket: Socket, hello: Buffer) => unknown]>([
    ["that is silent", () => undefined],
    ["of half a hello", (socket, hello) => socket.write(hello.subarray(0, 100))],
    ["of a hello and no more", (socket, hello) => socket.write(hello)],
    [
      "with a TLS hello that arrives byte by byte",
      (socket, hello) => {
        let sent = 0;
        drip(socket, () => hello.subarray(sent, ++sent));
      },
    ],
    [
      "with a TLS hello, then a record that arrives byte by byte",
      (socket, hello) => socket.write(hello) && drip(socket, () => Buffer.from([0x17])),
    ],
  ])("in the TLS handshake, %s", async (_what, act) => {
    const server = await tlsServer();
    const hello = await clientHello();
    const socket = await open(server.port);
    act(socket, hello);
    await closed(socket);
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ["that is silent", () => undefined],
    ["of a header that drips", (socket) => socket.write(`${HEAD}X: `) && drip(socket, () => "x")],
  ])("after the TLS handshake, %s", async (_what, act) => {
    const server = await tlsServer();
    const socket = tlsConnect({ host: "127.0.0.1", port: server.port, rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => undefined).resume();
    await once(socket, "secureConnect");
    act(socket);
    await closed(socket);
  });

  it("that does not read its answer, and serves others at the same time", async () => {
    const body = Buffer.alloc(64 * 1024 * 1024, "x");
    const pageAssets: PageAssets = {
      find: (file) =>
        file === "index.html"
          ? { contentType: "text/html", plain: { body, etag: '"1"' }, coded: {} }
          : undefined,
    };
    const server = await startPeopleServer({ pageAssets, ...LIMITS });
    const socket = await open(server.port);
    socket.pause().write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const answer = await request(`${server.url}/healthz`);
    expect(answer.statusCode).toBe(200);
    await answer.body.dump();
    // Measured with the same clock as the server's limit.
    await pause(3000);
    let receivedBytes = 0;
    socket.on("data", (chunk: Buffer) => {
      receivedBytes += chunk.length;
    });
    socket.resume();
    await closed(socket);
    expect(receivedBytes).toBeLessThan(body.length);
  });
});
