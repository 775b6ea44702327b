import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../lib/clock.ts";
import { inTime } from "../lib/deadline.ts";
import { OperatorError } from "../lib/errors.ts";
import type { UnixSocket } from "../lib/unix-socket.ts";
import { type ActivityWriter, createActivityWriter } from "./executors/activity-writer.ts";
import { createExecutorDeletion } from "./executors/executor-deletion.ts";
import { ExecutorSync } from "./executors/executor-sync.ts";
import { FleetWatch } from "./executors/fleet-watch.ts";
import { CountMemory } from "./graphql/count-memory.ts";
import { GraphqlEndpoint } from "./graphql/graphql-endpoint.ts";
import type { Listener } from "./graphql/identify.ts";
import { loadSchema } from "./graphql/request/graphql-documents.ts";
import { ReadinessCheck } from "./health/readiness.ts";
import { limitConnections } from "./http/connection-limit.ts";
import type { ErrorDisclosure } from "./http/error-disclosure.ts";
import {
  createManagementServer,
  createNetworkServer,
  finish,
  type ListenerOptions,
  listenOnNetwork,
  type NetworkPlace,
  useCertificate,
} from "./http/listener.ts";
import { listenOnManagementSocket } from "./http/management-socket.ts";
import { createApiKeys } from "./keys/api-keys.ts";
import { FirstKeyWatch } from "./keys/first-key-watch.ts";
import { DamageLog } from "./log/damage-log.ts";
import type { Logger } from "./log/logger.ts";
import { RefusalLog } from "./log/refusal-log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { timedRecorder } from "./metrics/timed-recorder.ts";
import { NodeChanges } from "./nodes/node-changes.ts";
import { NodeExchange } from "./nodes/node-exchange.ts";
import { ReportedNodes } from "./nodes/reported-nodes.ts";
import type { PageAssets } from "./page/page-assets.ts";
import type { People } from "./people/people.ts";
import { answerNetwork, answerPrograms } from "./routes.ts";
import type { Store } from "./store/contract/store.ts";
import { cachedLookups } from "./store/revision-cache.ts";

/** A stop waits no longer for what is written last, ms: the unit kills after 15 s. */
const WRITE_LIMIT_MS = 6000;

export interface ServerDeps extends ListenerOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly errors: ErrorDisclosure;
  readonly socketPath: string;
  readonly heartbeatTimeoutMs: number;
  /** Executors are asked to sync less often once there are more. */
  readonly maxSyncsPerSecond: number;
  /** How many existing executors the keys of one lineage may have enrolled. */
  readonly maxExecutorsPerKey: number;
  /** Executors are compared with this version, and it is the one recommended to them. */
  readonly version: string;
  /** Undefined: there is no sign-in and no page; the network listener serves executors only. */
  readonly people?: People | undefined;
  readonly pageAssets?: PageAssets;
  /** Requests with a Host header of another host are refused: for development. Default: false. */
  readonly servesOnlyLoopback?: boolean;
  /** Undefined: nobody reads them. */
  readonly metrics?: Metrics | undefined;
  /** What to log beside a refusal while the database has no key at all: which one it is. */
  readonly keylessNote?: string;
  /** The wall clock, epoch ms: for dates that are stored and shown. */
  readonly now?: () => number;
  /** The monotonic clock, ms: for every interval, because nobody can set it. */
  readonly monotonicNow?: () => number;
}

interface ServedState {
  readonly online: number;
  readonly isKeyless: boolean;
  /** Why executors and changes get 503. */
  readonly unusable: string | undefined;
  /** What cannot be written, although requests are answered. */
  readonly problem: string | undefined;
}

export interface ControlPlaneServer {
  /** Resolves once both listeners accept; rejects with an OperatorError if one cannot. */
  listen(): Promise<NetworkPlace>;
  /**
   * Stops accepting, lets running requests finish for at most 2 s, and writes the pending activity
   * in at most 6 s; rejects with an OperatorError if that fails. Leaves the store open.
   */
  close(): Promise<void>;
  /**
   * From now on `/readyz` is 503, and every answer ends its connection, so that a load balancer and
   * the executors go elsewhere. Requests are still answered.
   */
  drain(): void;
  /** Gives new connections another certificate. Without TLS it does nothing. */
  useCertificate(pair: { readonly cert: string; readonly key: string }): void;
  /** For the service's status line. */
  state(): ServedState;
}

export function createServer(deps: ServerDeps): ControlPlaneServer {
  const { store, heartbeatTimeoutMs, version, now = Date.now } = deps;
  const { endpoint, fleet, activityWriter, reportedNodes, refusals } = assemble(deps, now);
  const { pace, presence } = fleet;
  const readiness = new ReadinessCheck(store);
  const health = { readiness, version };
  deps.metrics?.watch({
    online: () => presence.count,
    syncIntervalMs: () => pace.intervalMs,
    pendingWrites: () => activityWriter.pendingCount,
    isReady: () => !readiness.isDraining && store.problem() === undefined,
  });
  const firstKey = new FirstKeyWatch(store.keys);
  const lookForKeys = async () => {
    await firstKey.look();
    refusals.noKeys = firstKey.isKeyless ? deps.keylessNote : undefined;
  };
  const handler = (listener: Listener) => (request: IncomingMessage, response: ServerResponse) => {
    void answerPrograms(request, response, () => endpoint.handle(request, response, listener), health);
  };
  const network = createNetworkServer(deps, answerNetwork(deps, readiness, handler("network")));
  const management = createManagementServer(deps, handler("management-socket"));
  let managementSocket: UnixSocket | undefined;
  let sweep: NodeJS.Timeout | undefined;

  return {
    async listen() {
      await fleet.begin();
      await lookForKeys();
      managementSocket = await listenOnManagementSocket(management, deps.socketPath);
      const place = await listenOnNetwork(network, deps);
      limitConnections(network, management, deps.logger);
      activityWriter.start();
      sweep = setInterval(
        () => {
          fleet.turn().catch((error: unknown) => deps.errors.toApiError(error));
          lookForKeys().catch(() => undefined);
        },
        Math.min(1000, heartbeatTimeoutMs / 4),
      );
      return place;
    },
    async close() {
      clearInterval(sweep);
      await Promise.all([finish(network), finish(management)]);
      await writeTheRest(activityWriter, reportedNodes);
      // Last, so that a folder that cannot be written costs no heartbeat.
      managementSocket?.remove();
    },
    drain: () => readiness.drain(),
    useCertificate: (pair) => useCertificate(network, pair),
    state: () => ({
      online: presence.count,
      isKeyless: firstKey.isKeyless,
      unusable: store.problem()?.reason,
      problem: activityWriter.problem,
    }),
  };
}

function assemble(deps: ServerDeps, now: () => number) {
  const { store, logger, maxExecutorsPerKey, version } = deps;
  const { errors, monotonicNow = systemClock.now } = deps;
  const { metrics } = deps;
  const recorder = metrics === undefined ? store : timedRecorder(store, metrics, monotonicNow);
  const activityWriter = createActivityWriter(recorder, logger);
  const refusals = new RefusalLog(logger, monotonicNow);
  const damages = new DamageLog(logger);
  const fleet = new FleetWatch({ ...deps, activityWriter, damages, now, monotonicNow });
  const { pace, presence } = fleet;
  const shared = { store, lookups: cachedLookups(store), activityWriter, presence, refusals, damages, now };
  const limits = { pace, maxExecutorsPerKey, monotonicNow };
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
    executorHealth: new CountMemory(monotonicNow),
    executorVersions: new CountMemory(monotonicNow),
    errors,
    people: deps.people,
    metrics,
  });
  return { endpoint, fleet, activityWriter, reportedNodes, refusals };
}

async function writeTheRest(activityWriter: ActivityWriter, reportedNodes: ReportedNodes): Promise<void> {
  const write = async () => {
    await activityWriter.flush();
    for (const held of reportedNodes.takeHeld()) {
      activityWriter.note(held);
    }
    await activityWriter.stop();
  };
  try {
    await inTime(write(), WRITE_LIMIT_MS, "the database did not answer");
  } catch (error) {
    throw new OperatorError("the latest key uses and heartbeats could not be written", { cause: error });
  }
}
