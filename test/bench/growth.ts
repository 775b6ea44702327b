import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { SyncPace } from "../../src/control-plane/executors/pace/sync-pace.ts";
import { SYNC_EXECUTOR } from "../../src/protocol/operations.ts";
import { seededRandom } from "../support/agent/simulation.ts";
import { fleetExecutorName, fleetKey } from "./fleet-database.ts";
import { withServer } from "./fleet-server.ts";
import { plotGrowth } from "./growth-plot.ts";
import { agentPolicy, type HerdEvent, simulateHerd } from "./herd-simulation.ts";
import type { BenchOptions } from "./options.ts";
import type { Section } from "./table.ts";

const PLOT = fileURLToPath(new URL("growth.svg", import.meta.url));
/** The default of MAX_SYNCS_PER_SECOND. */
export const MOST_A_SECOND = 3000;
const HEARTBEAT_TIMEOUT_MS = 30_000;
const SEED = 1;
const OUTAGE: HerdEvent = { kind: "outage", ms: 60_000, retryAfterMs: undefined };
/** Larger fleets are computed and not simulated. */
const LARGEST_SIMULATED = 100_000;
const FLEETS: readonly (readonly [executors: number, processes: number])[] = [
  [10_000, 1],
  [15_000, 1],
  [30_000, 1],
  [100_000, 1],
  [100_000, 2],
  [100_000, 4],
  [1_000_000, 1],
  [1_000_000, 14],
  [1_000_000, 67],
];

/** What a control plane tells a fleet of that size, of which each process has its part. */
export function paceOf(executors: number, processes = 1): SyncPace {
  const logger = pino({ enabled: false });
  const settings = { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS, maxSyncsPerSecond: MOST_A_SECOND, logger };
  const pace = new SyncPace(settings);
  pace.begin(executors / processes);
  return pace;
}

/**
 * How a fleet slows down as it grows: simulated with the agent's scheduling code and the control
 * plane's pace. Writes the plot beside this file.
 */
export async function measureGrowth({ quick, log }: BenchOptions): Promise<readonly Section[]> {
  const rows = FLEETS.map(([executors, processes]) => {
    log(`growth: ${executors} executors, ${processes} processes`);
    return growthRow(executors, processes, quick ? 10_000 : LARGEST_SIMULATED);
  });
  writeFileSync(
    PLOT,
    plotGrowth((executors) => paceOf(executors).intervalMs),
  );
  return [
    {
      title: "A fleet that grows",
      header: [
        "executors",
        "processes",
        "interval",
        "offline after",
        "syncs a second of each process",
        "worst second",
        "after 1 min down",
        "all back after",
      ],
      rows,
      notes: [
        `At most ${MOST_A_SECOND} syncs a second of each process are wanted, which share the executors evenly. The third and later figures are averages and worst seconds of one process, simulated in virtual time with the agent's scheduling code; with "–" only computed. Plot: test/bench/growth.svg.`,
      ],
    },
    await bytes(),
  ];
}

function growthRow(executors: number, processes: number, largest: number): readonly string[] {
  const pace = paceOf(executors, processes);
  const rate = ((executors / pace.intervalMs) * 1000) / processes;
  const head = [
    executors.toLocaleString("en"),
    String(processes),
    `${pace.intervalMs / 1000} s`,
    `${pace.timeoutMs / 1000} s`,
    Math.round(rate).toLocaleString("en"),
  ];
  if (executors > largest) {
    return [...head, "–", "–", "–"];
  }
  const policy = agentPolicy(pace.askedIntervalMs);
  const scenario = { name: "", agents: executors, event: OUTAGE, policy };
  const { requestsPerSecond, leadS, returnedAt, lastBackMs } = simulateHerd(scenario, seededRandom(SEED));
  const most = (from: number, to: number) =>
    Math.round(Math.max(...requestsPerSecond.slice(from, to)) / processes).toLocaleString("en");
  const warm = Math.ceil((2 * pace.intervalMs) / 1000);
  return [
    ...head,
    most(warm, leadS),
    most(returnedAt, requestsPerSecond.length - 2),
    `${Math.round(lastBackMs / 1000)} s`,
  ];
}

/** What one sync and its answer take on a kept connection, HTTP included and TLS left out. */
async function bytes(): Promise<Section> {
  return await withServer(
    "control-plane",
    { executors: 1, connections: 1, seconds: 0, rate: 0 },
    async (server) => {
      const socket = connect(server.port, "127.0.0.1");
      const body = JSON.stringify({
        query: SYNC_EXECUTOR,
        operationName: "SyncExecutor",
        variables: {
          input: {
            name: fleetExecutorName(0),
            kind: "agent",
            version: "0.1.0",
            channel: "stable",
            instanceId: "0b5c2f4e-6b1a-4c3e-9a65-0d0f5f6a7b8c",
            hostName: "host-0.example.com",
            capabilities: { supportedChains: [], features: ["sync"], storageClasses: [] },
            resources: {
              cpuCount: 16,
              memoryTotalBytes: 64e9,
              memoryFreeBytes: 4e10,
              diskTotalBytes: 4e12,
              diskFreeBytes: 1e12,
            },
          },
        },
      });
      const head = [
        "POST /graphql HTTP/1.1",
        "host: cp.example.com",
        `authorization: Bearer ${fleetKey(server.seed, 0)}`,
        "accept: application/graphql-response+json",
        "content-type: application/json",
        `content-length: ${body.length}`,
      ];
      const request = `${head.join("\r\n")}\r\n\r\n${body}`;
      const first = await exchange(socket, request);
      const second = await exchange(socket, request);
      socket.destroy();
      return {
        title: "The bytes of a sync",
        header: ["", "to the control plane", "back"],
        rows: [
          ["first", String(first.sent), String(first.received)],
          ["later", String(second.sent), String(second.received)],
        ],
        notes: ["An executor without nodes, on a kept connection. TLS adds some dozens of bytes to each."],
      };
    },
  );
}

async function exchange(socket: Socket, request: string) {
  const { bytesRead, bytesWritten } = socket;
  socket.write(request);
  let answer = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    answer += String(chunk);
    const end = answer.indexOf("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(answer)?.[1]);
    if (end >= 0 && answer.length >= end + 4 + length) {
      break;
    }
  }
  if (!answer.startsWith("HTTP/1.1 200")) {
    throw new Error(`the sync was not accepted: ${answer.slice(0, 200)}`);
  }
  return { sent: socket.bytesWritten - bytesWritten, received: socket.bytesRead - bytesRead };
}
