import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { isIPv6 } from "node:net";
import type { Logger } from "pino";
import { systemClock } from "../lib/clock.ts";
import { OperatorError } from "../lib/errors.ts";
import type { UnixSocket } from "../lib/unix-socket.ts";
import { createExecutorDeletion } from "./executors/executor-deletion.ts";
import { ExecutorSync } from "./executors/executor-sync.ts";
import { Presence } from "./executors/presence.ts";
import { createWriteBehind, type WriteBehind } from "./executors/write-behind.ts";
import { GraphqlEndpoint, type Listener } from "./graphql/graphql-endpoint.ts";
import { loadSchema } from "./graphql/request/graphql-documents.ts";
import { limitConnections } from "./http/connection-limit.ts";
import { send } from "./http/http-answer.ts";
import { listenOnManagementSocket } from "./http/management-socket.ts";
import { createApiKeys } from "./keys/api-keys.ts";
import { RefusalLog } from "./log/refusal-log.ts";
import { serveBrowser } from "./page/browser-route.ts";
import { builtPage } from "./page/built-page.ts";
import type { PageAssets } from "./page/page-assets.ts";
import type { People } from "./people/people.ts";
import { SettingsError } from "./settings.ts";
import { DamageLog } from "./store/contract/damage.ts";
import { type Store, StoreUnavailable } from "./store/contract/store.ts";

/** Executors sync every 5 s; well over that, so that none reconnects for each sync. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Longer than any answer takes to make. */
const ANSWER_TIMEOUT_MS = 30_000;
const FINISH_LIMIT_MS = 2000;
const FINISH_LOOK_MS = 50;

export interface ServerDeps {
  readonly store: Store;
  readonly logger: Logger;
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly socketPath: string;
  /** PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly heartbeatTimeoutMs: number;
  /** How many executors that exist the keys of a lineage may have enrolled. */
  readonly maxExecutorsPerKey: number;
  /** The version that executors are compared with, and recommended. */
  readonly version: string;
  /** Left out: nobody signs in, there is no page, and the network serves executors alone. */
  readonly people?: People | undefined;
  readonly pageAssets?: PageAssets;
  /** The wall clock: dates that people see and that are stored. */
  readonly now?: () => number;
  /** For every interval: nobody can set it (lib/clock.ts). */
  readonly monotonicNow?: () => number;
  /** How long a client may take over the TLS handshake, and over its headers after that. */
  readonly headersTimeoutMs?: number;
  /** Over its whole request. */
  readonly requestTimeoutMs?: number;
  /** How long nothing may be sent or taken while a request is answered. */
  readonly answerTimeoutMs?: number;
}

export interface ControlPlaneServer {
  /** Resolves once both listeners accept; rejects with an OperatorError where one cannot. */
  listen(): Promise<{ readonly url: string }>;
  /** Stops accepting, lets what runs finish for at most 2 s, writes what was written behind (or rejects with an OperatorError). Leaves the store open. */
  close(): Promise<void>;
}

export function createServer(deps: ServerDeps): ControlPlaneServer {
  const { store, heartbeatTimeoutMs, now = Date.now } = deps;
  const { endpoint, presence, writeBehind, damages } = assemble(deps, now);
  const handler = (listener: Listener) => (request: IncomingMessage, response: ServerResponse) => {
    void route(request, response, () => endpoint.handle(request, response, listener), deps);
  };
  const pageAssets = deps.pageAssets ?? builtPage();
  const network = createListener(deps, (request, response) => {
    const isServed = serveBrowser(request, response, deps.people, pageAssets, (error) =>
      endpoint.published(error),
    );
    if (!isServed) {
      handler("network")(request, response);
    }
  });
  network.timeout = deps.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  const management = createHttpServer(timeouts(deps), handler("management-socket"));
  let managementSocket: UnixSocket | undefined;
  let sweep: NodeJS.Timeout | undefined;

  return {
    async listen() {
      const startedAt = now();
      presence.expect(await recentExecutors(store, startedAt - heartbeatTimeoutMs, damages), startedAt);
      managementSocket = await listenOnManagementSocket(management, deps.socketPath);
      const url = await listenOnNetwork(network, deps);
      limitConnections(network, management, deps.logger);
      writeBehind.start();
      sweep = setInterval(() => presence.sweep(), Math.min(1000, heartbeatTimeoutMs / 4));
      return { url };
    },
    async close() {
      clearInterval(sweep);
      await Promise.all([finish(network), finish(management)]);
      await writeTheRest(writeBehind);
      // Last: a folder that lets nothing be removed costs no heartbeat.
      managementSocket?.remove();
    },
  };
}

function assemble(deps: ServerDeps, now: () => number) {
  const { store, logger, heartbeatTimeoutMs, maxExecutorsPerKey, version } = deps;
  const { monotonicNow = systemClock.now } = deps;
  const writeBehind = createWriteBehind(store, logger);
  const presence = new Presence(heartbeatTimeoutMs, logger, monotonicNow);
  const refusals = new RefusalLog(logger, monotonicNow);
  const damages = new DamageLog(logger);
  const shared = { store, writeBehind, presence, refusals, damages, now };
  const limits = { heartbeatTimeoutMs, maxExecutorsPerKey, monotonicNow };
  const executorSync = new ExecutorSync({ ...shared, ...limits, version });
  const apiKeys = createApiKeys(store, now);
  const executorDeletion = createExecutorDeletion({ store, presence, logger, now });
  const endpoint = new GraphqlEndpoint({
    ...shared,
    monotonicNow,
    schema: loadSchema(),
    apiKeys,
    executorSync,
    executorDeletion,
    logger,
    people: deps.people,
  });
  return { endpoint, presence, writeBehind, damages };
}

/** Those whose last sync cannot be read are not expected: nobody knows when they fell silent. */
async function recentExecutors(store: Store, sinceMs: number, damages: DamageLog) {
  const executors = await store.executorsSyncedSince(sinceMs);
  for (const executor of executors) {
    damages.note("executor", executor.id, executor);
  }
  return executors.filter(({ lastSyncAt }) => lastSyncAt !== null);
}

async function writeTheRest(writeBehind: WriteBehind): Promise<void> {
  try {
    await writeBehind.stop();
  } catch (error) {
    throw new OperatorError("the last uses and heartbeats could not be written", { cause: error });
  }
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  graphql: () => Promise<void>,
  { store, version }: ServerDeps,
): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  if (path === "/graphql") {
    if (request.method === "POST") {
      return graphql();
    }
    return send(response, {
      status: 405,
      headers: { Allow: "POST" },
      body: { message: "POST a GraphQL request" },
    });
  }
  if (path === "/healthz") {
    if (request.method === "GET" || request.method === "HEAD") {
      return health(response, store, version);
    }
    return send(response, { status: 405, headers: { Allow: "GET, HEAD" }, body: { message: "GET it" } });
  }
  send(response, {
    status: 404,
    body: { message: "there is nothing here: the control plane answers POST /graphql" },
  });
}

/** 200 while the store can be read: what a load balancer or a container's probe asks. */
async function health(response: ServerResponse, store: Store, version: string): Promise<void> {
  try {
    const problem = store.problem();
    if (problem !== undefined) {
      throw new StoreUnavailable(problem.reason);
    }
    await store.organizations(1);
    send(response, { status: 200, body: { status: "ok", version } });
  } catch (error) {
    const reason = error instanceof StoreUnavailable ? error.message : "the store failed";
    send(response, { status: 503, body: { status: "unavailable", reason, version } });
  }
}

function createListener(
  deps: ServerDeps,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  if (deps.tls === undefined) {
    return createHttpServer(timeouts(deps), handler);
  }
  try {
    const options = { ...timeouts(deps), ...deps.tls, minVersion: "TLSv1.2" as const };
    return createHttpsServer({ ...options, handshakeTimeout: options.headersTimeout }, handler);
  } catch (error) {
    throw new SettingsError("cannot use the certificate and key of TLS_CERT and TLS_KEY", { cause: error });
  }
}

/**
 * Every phase of a connection has its end; Node counts some of them by the whole seconds of the
 * checking interval.
 */
function timeouts(deps: ServerDeps) {
  const { headersTimeoutMs = 10_000, requestTimeoutMs = 20_000 } = deps;
  return {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
}

async function listenOnNetwork(server: Server, { host, port, tls }: ServerDeps): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    throw new OperatorError(`cannot listen on HOST ${host}, PORT ${port}`, { cause: error });
  }
  const address = server.address();
  const actualPort = address !== null && typeof address === "object" ? address.port : port;
  return `${tls === undefined ? "http" : "https"}://${isIPv6(host) ? `[${host}]` : host}:${actualPort}`;
}

/** Idle connections end at once, busy ones with their answer, all of them after 2 s. */
async function finish(server: Server): Promise<void> {
  if (!server.listening) {
    return;
  }
  const closed = once(server, "close");
  server.close();
  const look = setInterval(() => server.closeIdleConnections(), FINISH_LOOK_MS);
  const limit = setTimeout(() => server.closeAllConnections(), FINISH_LIMIT_MS);
  await closed;
  clearInterval(look);
  clearTimeout(limit);
}
