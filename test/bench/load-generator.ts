import { createConnection, type Socket } from "node:net";
import { SYNC_EXECUTOR, SYNC_EXECUTOR_WITH_NODES } from "../../src/protocol/operations.ts";
import {
  FLEET_CAPABILITIES_HASH,
  FLEET_CHANGE_NUMBER,
  fleetExecutorName,
  fleetKey,
  fleetNodeId,
} from "./fleet-database.ts";

/**
 * `node load-generator.ts PORT SEED EXECUTORS CONNECTIONS SECONDS RATE BEFORE NODES`: syncs of a
 * fleet over kept connections. RATE 0: each connection sends as soon as it was answered. Else RATE
 * a second in all, each at its own moment, and a latency counts from that moment, whether or not
 * the answer before was in time. BEFORE: how many syncs the fleet has made so far: it goes on with the
 * next executor. NODES: of each executor; -1: its agent is from before nodes. Prints one line of
 * JSON.
 */
const [port = 0, , executors = 0, connections = 0, seconds = 0, rate = 0, before = 0, nodes = -1] =
  process.argv.slice(2).map(Number);
const seed = process.argv[3] ?? "";

interface Lane {
  /** Opened with its first request: a server closes connections that send nothing. */
  socket: Socket | undefined;
  received: string;
  /** When the request in flight was due, `performance.now()`; undefined: none is. */
  dueAtMs: number | undefined;
  executor: number;
}

/** Agents measure their memory and disk each half minute. */
const SYNCS_PER_MEASUREMENT = 6;
/** Figures of nodes that run, such as heights, are reported once a minute. */
const SYNCS_PER_FIGURES = 12;
/** How often each executor has synced. */
const syncs = Uint32Array.from({ length: executors }, (_, index) =>
  Math.ceil(Math.max(0, before - index) / executors),
);
/** 1: the control plane has asked for a whole report. */
const wantsWhole = new Uint8Array(executors);
const keys = Array.from({ length: executors }, (_, index) => fleetKey(seed, index));
const latencies = new Float32Array(4_000_000);
let answers = 0;
/** Of `answers`, those within the counted time. */
let answered = 0;
let failed = 0;
let isOver = false;

const lanes = Array.from({ length: connections }, (_, index): Lane => {
  return { socket: undefined, received: "", dueAtMs: undefined, executor: (before + index) % executors };
});
const startedAtMs = performance.now();
/** The first round, in which everybody connects, is not counted. */
const countedFromMs = startedAtMs + (rate === 0 ? 500 : (lanes.length / rate) * 1000);
if (rate === 0) {
  for (const lane of lanes) {
    send(lane, performance.now());
  }
} else {
  pace();
}
await new Promise((resolve) => setTimeout(resolve, countedFromMs - startedAtMs + seconds * 1000));
isOver = true;
const lastedMs = performance.now() - countedFromMs;
const sorted = latencies.subarray(0, Math.min(answered, latencies.length)).sort();
const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
process.stdout.write(
  `${JSON.stringify({ answers, perSecond: (answered / lastedMs) * 1000, failed, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999) })}\n`,
);
process.exit();

function open(lane: Lane): Socket {
  const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  socket.setEncoding("latin1").on("data", (chunk) => receive(lane, String(chunk)));
  socket.once("error", () => {
    if (!isOver) {
      failed += 1;
    }
  });
  socket.once("close", () => {
    lane.socket = undefined;
    lane.dueAtMs = undefined;
  });
  lane.socket = socket;
  return socket;
}

/** Each lane has its own moment in the cycle, as each executor has. */
function pace(): void {
  const cycleMs = (lanes.length / rate) * 1000;
  let next = 0;
  const turn = () => {
    const now = performance.now() - startedAtMs;
    for (; (next / lanes.length) * cycleMs <= now; next += 1) {
      const lane = lanes[next % lanes.length];
      // One that has not been answered for a whole cycle is late already.
      if (lane === undefined || lane.dueAtMs !== undefined) {
        failed += 1;
      } else {
        send(lane, startedAtMs + (next / lanes.length) * cycleMs);
      }
    }
    if (!isOver) {
      setTimeout(turn, 1);
    }
  };
  turn();
}

function send(lane: Lane, dueAtMs: number): void {
  lane.dueAtMs = dueAtMs;
  const body = bodyOf(lane.executor);
  const socket = lane.socket ?? open(lane);
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${keys[lane.executor] ?? ""}\r\n` +
      `Accept: application/graphql-response+json\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    "latin1",
  );
}

function bodyOf(executor: number): string {
  const sync = (syncs[executor] ?? 0) + 1;
  syncs[executor] = sync;
  const measurement = Math.floor((executor + sync) / SYNCS_PER_MEASUREMENT);
  const input = {
    name: fleetExecutorName(executor),
    kind: "agent",
    version: "0.1.0",
    channel: "stable",
    instanceId: `instance-${executor}`,
    hostName: `host-${executor}`,
    capabilities: { supportedChains: [], features: ["sync"], storageClasses: [] },
    resources: {
      cpuCount: 2,
      memoryTotalBytes: 8e9,
      memoryFreeBytes: 4e9 + measurement * 4096,
      diskTotalBytes: 1e11,
      diskFreeBytes: 5e10,
    },
  };
  const operationName = "SyncExecutor";
  if (nodes < 0) {
    return JSON.stringify({ query: SYNC_EXECUTOR, operationName, variables: { input } });
  }
  const variables = { input: { ...input, nodes: reportOf(executor, sync) } };
  return JSON.stringify({ query: SYNC_EXECUTOR_WITH_NODES, operationName, variables });
}

/**
 * What an agent says of nodes that run. The first report is whole, and others when the control
 * plane asks. Figures travel at the executor's own phase of the minute; heights have grown.
 */
function reportOf(executor: number, sync: number) {
  const isWhole = sync === 1 || wantsWhole[executor] === 1;
  const phase = Math.floor(executor / SYNCS_PER_FIGURES);
  const isDue = isWhole || (phase + sync) % SYNCS_PER_FIGURES === 0;
  const process = {
    role: "node",
    client: "litecoind",
    version: "0.21.4",
    status: "running",
    problem: null,
    reason: null,
    since: 1_764_000_000_000,
    restarts: 0,
    height: 2_800_000 + sync,
    targetHeight: 2_800_000 + sync,
    peers: 10,
    syncProgress: 1,
    memoryBytes: 1_500_000_000 + sync * 4096,
  };
  const observed = Array.from({ length: isDue ? nodes : 0 }, (_, node) => ({
    id: fleetNodeId(executor, node),
    name: `ltc-${node}`,
    revision: 1,
    processes: [process],
    diskFreeBytes: 5e11 - sync * 4096,
    isGone: false,
    isUnlisted: false,
  }));
  return {
    seen: FLEET_CHANGE_NUMBER,
    capabilitiesHash: FLEET_CAPABILITIES_HASH,
    capabilities: null,
    isWhole,
    observed,
  };
}

function receive(lane: Lane, chunk: string): void {
  lane.received += chunk;
  const end = lane.received.indexOf("\r\n\r\n");
  if (end < 0) {
    return;
  }
  const length = Number(/content-length: (\d+)/i.exec(lane.received)?.[1]);
  if (lane.received.length < end + 4 + length) {
    return;
  }
  answers += 1;
  if (!isOver && performance.now() >= countedFromMs) {
    if (!lane.received.startsWith("HTTP/1.1 200") || lane.received.includes('"errors"')) {
      failed += 1;
    }
    latencies[answered] = performance.now() - (lane.dueAtMs ?? 0);
    answered += 1;
  }
  wantsWhole[lane.executor] = lane.received.includes('"wantsWhole":true') ? 1 : 0;
  lane.received = "";
  lane.dueAtMs = undefined;
  // In turn, so that every executor syncs even with few connections.
  lane.executor = (lane.executor + lanes.length) % executors;
  if (rate === 0 && !isOver) {
    send(lane, performance.now());
  }
}
