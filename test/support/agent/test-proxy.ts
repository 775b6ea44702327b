import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Certificate } from "../certificates.ts";

export interface TestProxy extends AsyncDisposable {
  readonly address: string;
  /**
   * The request line's target: `CONNECT cp.example.com:443`, or the absolute URL of a plain
   * request.
   */
  readonly requests: readonly string[];
  /** All traffic in both directions, as the proxy saw it. */
  seen(): string;
  setMode(mode: ProxyMode): void;
}

/** A number is the status of every answer to CONNECT. `hang` means no answer. */
export type ProxyMode = "tunnel" | "hang" | 403 | 407 | 502;

export interface TestProxyOptions {
  /** The port on this host that every tunnel leads to, whatever the target. */
  readonly targetPort: number;
  /** `user:password`; anything else gets 407. */
  readonly credentials?: string;
  readonly tls?: Certificate;
  /** Accepts connections for it, in a network of the test's own. */
  readonly listener?: Server;
}

/** A real proxy for HTTP's CONNECT (RFC 9110 9.3.6). */
export async function startTestProxy(options: TestProxyOptions): Promise<TestProxy> {
  const requests: string[] = [];
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  const state: { mode: ProxyMode } = { mode: "tunnel" };
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.on("request", (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(500).end();
  });
  server.on("connect", (request: IncomingMessage, client: Duplex) => {
    requests.push(`CONNECT ${request.url}`);
    seen.push(Buffer.from(request.rawHeaders.join("\n")));
    const status = statusFor(request, state.mode, options.credentials);
    if (status === "hang") {
      return;
    }
    client.on("error", () => {});
    client.write(`HTTP/1.1 ${status} x\r\n${status === 200 ? "" : "content-length: 0\r\n"}\r\n`);
    if (status !== 200) {
      return;
    }
    const target = connect(options.targetPort, "127.0.0.1").on("error", () => client.destroy());
    sockets.add(target);
    client.on("data", (chunk: Buffer) => seen.push(chunk));
    target.on("data", (chunk: Buffer) => seen.push(chunk));
    client.pipe(target).pipe(client);
  });
  const { listener } = options;
  await new Promise<void>((resolve) => {
    if (listener === undefined) {
      server.listen(0, "127.0.0.1", resolve);
    } else {
      server.listen(listener, resolve);
    }
  });
  return {
    address: `127.0.0.1:${portOf(server.address())}`,
    requests,
    seen: () => Buffer.concat(seen).toString("latin1"),
    setMode(mode) {
      state.mode = mode;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

function statusFor(request: IncomingMessage, mode: ProxyMode, credentials: string | undefined) {
  const wanted = `Basic ${Buffer.from(credentials ?? "").toString("base64")}`;
  if (credentials !== undefined && request.headers["proxy-authorization"] !== wanted) {
    return 407;
  }
  return mode === "tunnel" ? 200 : mode;
}

function portOf(address: string | AddressInfo | null): number {
  if (typeof address !== "object" || address === null) {
    throw new TypeError("not listening on a port");
  }
  return address.port;
}
