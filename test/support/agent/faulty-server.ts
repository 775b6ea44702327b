import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import * as z from "zod";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import type { Certificate } from "../certificates.ts";
import { accepted } from "./behaviours.ts";

/**
 * A received request. It keeps the key's fingerprint only, so that a failing assertion cannot print
 * the key.
 */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Without `authorization`. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly keyFingerprint: string | undefined;
  /** `SyncExecutor` or `CurrentKey`; empty if the request is not GraphQL. */
  readonly operationName: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** 1 for the first connection that was made to this server. */
  readonly connection: number;
  readonly atMs: number;
}

export interface Exchange {
  readonly request: RecordedRequest;
  readonly response: ServerResponse;
  /** Another origin, which records its requests. */
  readonly elsewhereUrl: string;
}

/** What the server does with a request after reading it. */
export type Behaviour = (exchange: Exchange) => void;

export interface FaultyServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or `https://localhost:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** The requests that reached the other origin. */
  readonly elsewhere: readonly RecordedRequest[];
  connectionCount(): number;
  openConnectionCount(): number;
  /** Changes the behaviour from the next request on. */
  respond(behaviour: Behaviour): void;
  /** Refuses new connections and cuts the open ones. */
  stop(): Promise<void>;
  /** Accepts connections again, on the same port. */
  restart(): Promise<void>;
  /** Closes idle connections, as a server may between two requests. */
  cutConnections(): void;
}

export interface FaultyServerOptions {
  readonly tls?: Certificate;
  /** As in `http.Server`, ms; the server says so in `Keep-Alive`. */
  readonly keepAliveTimeoutMs?: number;
  /** Accepts connections for it, in a network of the test's own; it cannot be restarted. */
  readonly listener?: Server;
}

/** A real HTTP server with a behaviour that tests choose. At first it accepts every sync. */
export async function startFaultyServer(options: FaultyServerOptions = {}): Promise<FaultyServer> {
  const elsewhere = await listen({}, () => accepted);
  const state: { behaviour: Behaviour } = { behaviour: accepted };
  const server = await listen(options, () => state.behaviour, elsewhere.port);
  return {
    url: options.tls === undefined ? `http://127.0.0.1:${server.port}` : `https://localhost:${server.port}`,
    port: server.port,
    requests: server.requests,
    elsewhere: elsewhere.requests,
    connectionCount: server.connectionCount,
    openConnectionCount: () => server.sockets.size,
    respond(behaviour) {
      state.behaviour = behaviour;
    },
    stop: server.stop,
    restart: server.restart,
    cutConnections: () => cut(server.sockets),
    async [Symbol.asyncDispose]() {
      await Promise.all([server.stop(), elsewhere.stop()]);
    },
  };
}

async function listen(options: FaultyServerOptions, behaviour: () => Behaviour, elsewherePort = 0) {
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  const numbers = new WeakMap<Socket, number>();
  let connections = 0;
  const listener: RequestListener = (incoming, response) => {
    response.on("error", () => {});
    record(incoming, numbers.get(incoming.socket) ?? connections).then((request) => {
      requests.push(request);
      behaviour()({ request, response, elsewhereUrl: `http://127.0.0.1:${elsewherePort}` });
    });
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  server.keepAliveTimeout = options.keepAliveTimeoutMs ?? 60_000;
  const greet = (socket: Socket) => {
    connections += 1;
    numbers.set(socket, connections);
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  server.on(options.tls === undefined ? "connection" : "secureConnection", greet);
  const { listener: elsewhere } = options;
  const open = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      if (elsewhere === undefined) {
        server.listen(port, "127.0.0.1", resolve);
      } else {
        server.listen(elsewhere, resolve);
      }
    });
  await open(0);
  const port = portOf(server.address());
  return {
    port,
    requests,
    sockets,
    connectionCount: () => connections,
    restart: () => open(port),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      cut(sockets);
      await closed;
    },
  };
}

function cut(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) {
    socket.destroy();
  }
}

function portOf(address: string | AddressInfo | null): number {
  if (typeof address !== "object" || address === null) {
    throw new TypeError("not listening on a port");
  }
  return address.port;
}

const envelope = z.object({
  operationName: z.string().catch(""),
  variables: z.object({ input: z.record(z.string(), z.unknown()) }).catch({ input: {} }),
});

async function record(incoming: IncomingMessage, connection: number): Promise<RecordedRequest> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of incoming) {
      chunks.push(chunk);
    }
  } catch {
    // Records the request even if the client went away before its end.
  }
  const { authorization, ...headers } = incoming.headers;
  const body = envelope.safeParse(parsed(Buffer.concat(chunks).toString("utf8"))).data;
  return {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers,
    keyFingerprint:
      authorization === undefined ? undefined : keyFingerprint(authorization.replace(/^Bearer /, "")),
    operationName: body?.operationName ?? "",
    input: body?.variables.input ?? {},
    connection,
    atMs: Date.now(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
