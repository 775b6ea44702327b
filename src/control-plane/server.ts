import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../lib/clock.ts";
import { OperatorError } from "../lib/errors.ts";
import type { UnixSocket } from "../lib/unix-socket.ts";
import { type ActivityWriter, createActivityWriter } from "./executors/activity-writer.ts";
import { createExecutorDeletion } from "./executors/executor-deletion.ts";
import { ExecutorSync } from "./executors/executor-sync.ts";
import { Presence } from "./executors/presence.ts";
import { GraphqlEndpoint } from "./graphql/graphql-endpoint.ts";
import type { Listener } from "./graphql/identify.ts";
import { loadSchema } from "./graphql/request/graphql-documents.ts";
import { limitConnections } from "./http/connection-limit.ts";
import type { ErrorDisclosure } from "./http/error-disclosure.ts";
import { send } from "./http/http-answer.ts";
import {
  createManagementServer,
  createNetworkServer,
  finish,
  type ListenerOptions,
  listenOnNetwork,
  useCertificate,
} from "./http/listener.ts";
import { listenOnManagementSocket } from "./http/management-socket.ts";
import { createApiKeys } from "./keys/api-keys.ts";
import { FirstKeyWatch } from "./keys/first-key-watch.ts";
import { DamageLog } from "./log/damage-log.ts";
import type { Logger } from "./log/logger.ts";
import { RefusalLog } from "./log/refusal-log.ts";
import { NodeChanges } from "./nodes/node-changes.ts";
import { NodeExchange } from "./nodes/node-exchange.ts";
import { ReportedNodes } from "./nodes/reported-nodes.ts";
import { serveBrowser } from "./page/browser-route.ts";
import { builtPage } from "./page/built-page.ts";
import type { PageAssets } from "./page/page-assets.ts";
import type { People } from "./people/people.ts";
import { type Store, StoreUnavailable } from "./store/contract/store.ts";
import { cachedLookups } from "./store/revision-cache.ts";

export interface ServerDeps extends ListenerOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly errors: ErrorDisclosure;
  readonly socketPath: string;
  readonly heartbeatTimeoutMs: number;
  /** How many existing executors the keys of one lineage may have enrolled. */
  readonly maxExecutorsPerKey: number;
  /** Executors are compared with this version, and it is the one recommended to them. */
  readonly version: string;
  /** Undefined: there is no sign-in and no page; the network listener serves executors only. */
  readonly people?: People | undefined;
  readonly pageAssets?: PageAssets;
  /** What to log beside a refusal while the database has no key at all: which one it is. */
  readonly keylessNote?: string;
  /** The wall clock, epoch ms: for dates that are stored and shown. */
  readonly now?: () => number;
  /** The monotonic clock, ms: for every interval, because nobody can set it. */
  readonly monotonicNow?: () => number;
}

export interface ControlPlaneServer {
  /** Resolves once both listeners accept; rejects with an OperatorError if one cannot. */
  listen(): Promise<{ readonly url: string }>;
  /**
   * Stops accepting, lets running requests finish for at most 2 s, and writes the pending activity;
   * rejects with an OperatorError if that fails. Leaves the store open.
   */
  close(): Promise<void>;
  /** Gives new connections another certificate. Without TLS it does nothing. */
  useCertificate(pair: { readonly cert: string; readonly key: string }): void;
  /** For the service's status line. */
  state(): { readonly online: number; readonly isKeyless: boolean; readonly problem: string | undefined };
}

export function createServer(deps: ServerDeps): ControlPlaneServer {
  const { store, heartbeatTimeoutMs, now = Date.now } = deps;
  const { endpoint, presence, activityWriter, damages, refusals } = assemble(deps, now);
  const firstKey = new FirstKeyWatch(store.keys);
  const lookForKeys = async () => {
    await firstKey.look();
    refusals.noKeys = firstKey.isKeyless ? deps.keylessNote : undefined;
  };
  const handler = (listener: Listener) => (request: IncomingMessage, response: ServerResponse) => {
    void route(request, response, () => endpoint.handle(request, response, listener), deps);
  };
  const pageAssets = deps.pageAssets ?? builtPage();
  const network = createNetworkServer(deps, (request, response) => {
    if (!serveBrowser(request, response, deps.people, pageAssets)) {
      handler("network")(request, response);
    }
  });
  const management = createManagementServer(deps, handler("management-socket"));
  let managementSocket: UnixSocket | undefined;
  let sweep: NodeJS.Timeout | undefined;

  return {
    async listen() {
      const startedAt = now();
      presence.expect(await recentExecutors(store, startedAt - heartbeatTimeoutMs, damages), startedAt);
      await lookForKeys();
      managementSocket = await listenOnManagementSocket(management, deps.socketPath);
      const url = await listenOnNetwork(network, deps);
      limitConnections(network, management, deps.logger);
      activityWriter.start();
      sweep = setInterval(
        () => {
          presence.sweep();
          lookForKeys().catch(() => undefined);
        },
        Math.min(1000, heartbeatTimeoutMs / 4),
      );
      return { url };
    },
    async close() {
      clearInterval(sweep);
      await Promise.all([finish(network), finish(management)]);
      await writeTheRest(activityWriter);
      // Last, so that a folder that cannot be written costs no heartbeat.
      managementSocket?.remove();
    },
    useCertificate: (pair) => useCertificate(network, pair),
    state: () => ({
      online: presence.count,
      isKeyless: firstKey.isKeyless,
      problem: store.problem()?.reason ?? activityWriter.problem,
    }),
  };
}

function assemble(deps: ServerDeps, now: () => number) {
  const { store, logger, heartbeatTimeoutMs, maxExecutorsPerKey, version } = deps;
  const { errors, monotonicNow = systemClock.now } = deps;
  const activityWriter = createActivityWriter(store, logger);
  const presence = new Presence(heartbeatTimeoutMs, logger, monotonicNow);
  const refusals = new RefusalLog(logger, monotonicNow);
  const damages = new DamageLog(logger);
  const shared = { store, lookups: cachedLookups(store), activityWriter, presence, refusals, damages, now };
  const limits = { heartbeatTimeoutMs, maxExecutorsPerKey, monotonicNow };
  const reportedNodes = new ReportedNodes();
  const nodeExchange = new NodeExchange({
    ...shared,
    lookups: shared.lookups.nodes,
    reported: reportedNodes,
    note: (activity) => activityWriter.note(activity),
    logger,
    monotonicNow,
  });
  const executorSync = new ExecutorSync({ ...shared, ...limits, nodeExchange, version });
  const apiKeys = createApiKeys(store, now);
  const executorDeletion = createExecutorDeletion({ store, presence, reportedNodes, logger, now });
  const nodeChanges = new NodeChanges({
    store,
    presence,
    reported: reportedNodes,
    flush: () => activityWriter.flush(),
    logger,
    now,
  });
  const endpoint = new GraphqlEndpoint({
    ...shared,
    monotonicNow,
    schema: loadSchema(),
    apiKeys,
    executorSync,
    executorDeletion,
    nodeChanges,
    reportedNodes,
    errors,
    people: deps.people,
  });
  return { endpoint, presence, activityWriter, damages, refusals };
}

/** Without those whose time of last sync cannot be read: nobody knows when they fell silent. */
async function recentExecutors(store: Store, sinceMs: number, damages: DamageLog) {
  const executors = await store.executors.syncedSince(sinceMs);
  for (const executor of executors) {
    damages.note("executor", executor.id, executor);
  }
  return executors.filter(({ lastSyncAt }) => lastSyncAt !== null);
}

async function writeTheRest(activityWriter: ActivityWriter): Promise<void> {
  try {
    await activityWriter.stop();
  } catch (error) {
    throw new OperatorError("the latest key uses and heartbeats could not be written", { cause: error });
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
    body: { message: "nothing is here: the control plane answers POST /graphql" },
  });
}

/** For load balancers and container probes: 200 while the store can be read, otherwise 503. */
async function health(response: ServerResponse, store: Store, version: string): Promise<void> {
  try {
    const problem = store.problem();
    if (problem !== undefined) {
      throw new StoreUnavailable(problem.reason);
    }
    await store.organizations.list(1);
    send(response, { status: 200, body: { status: "ok", version } });
  } catch (error) {
    const reason = error instanceof StoreUnavailable ? error.message : "the store failed";
    send(response, { status: 503, body: { status: "unavailable", reason, version } });
  }
}
