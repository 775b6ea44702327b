import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { controlSocketPath } from "../../src/agent/daemon/control-socket.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import type { BenchOptions } from "./options.ts";
import { startRecordingServer } from "./recording-server.ts";
import { fitLine } from "./statistics.ts";
import { makeAgentHome, startSubject } from "./subject.ts";
import type { Section } from "./table.ts";

const PACE_MS = 20;
const SAMPLE_EVERY = 250;
/** First lets the heap find its size, faster than any agent. */
const WARM_UP_PACE_MS = 2;

/** Syncs so far, and anonymous memory, KiB. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Measures whether the memory of the released agent grows: syncs at 20 ms, each requested by
 * `retry` on its socket (its own interval cannot be shorter than half a second), so that the
 * socket's requests are part of the test.
 */
export async function measureSoak({ quick, log }: BenchOptions): Promise<Section> {
  const syncs = quick ? 3000 : 50_000;
  log(`soak: ${syncs} syncs at ${PACE_MS} ms`);
  const temporary = temporaryDirectory();
  await using server = await startRecordingServer();
  const home = makeAgentHome(`${temporary.path}/agent`, server.urlOf("agent"));
  await using agent = startSubject(home, home.args);
  await server.next("agent", 0);
  const connection = new Agent({ keepAlive: true, maxSockets: 1 });
  const retry = () => post(connection, controlSocketPath(home.runtimeDir));
  const startKib = agent.usage().anonymousKib;
  while (server.countOf("agent") < syncs) {
    await retry();
    await pause(WARM_UP_PACE_MS);
  }
  const points: Point[] = [];
  while (server.countOf("agent") < 2 * syncs) {
    const before = server.countOf("agent");
    await retry();
    await pause(PACE_MS);
    const now = server.countOf("agent");
    if (Math.floor(now / SAMPLE_EVERY) > Math.floor(before / SAMPLE_EVERY)) {
      points.push({ x: now, y: agent.usage().anonymousKib });
    }
  }
  connection.destroy();
  await agent.stop();
  temporary.remove();
  return section(points, syncs, startKib);
}

function section(points: readonly Point[], syncs: number, startKib: number): Section {
  const { slope, standardError } = fitLine(points);
  const mib = (kib: number) => (kib / 1024).toFixed(1);
  const isNoise = Math.abs(slope) <= 2 * standardError;
  return {
    title: `Memory over ${syncs.toLocaleString("en")} syncs at ${PACE_MS} ms`,
    header: [
      "anonymous after the first sync",
      `after ${syncs.toLocaleString("en")} more`,
      "at the end",
      "least–most",
      "slope, KiB per 1,000 syncs",
      "that is",
    ],
    rows: [
      [
        `${mib(startKib)} MiB`,
        `${mib(points[0]?.y ?? Number.NaN)} MiB`,
        `${mib(points.at(-1)?.y ?? Number.NaN)} MiB`,
        `${mib(Math.min(...points.map(({ y }) => y)))}–${mib(Math.max(...points.map(({ y }) => y)))} MiB`,
        `${(slope * 1000).toFixed(2)} ± ${(2 * standardError * 1000).toFixed(2)}`,
        isNoise ? "noise" : `${slope > 0 ? "+" : ""}${((slope * 17_280) / 1024).toFixed(2)} MiB a day at 5 s`,
      ],
    ],
    notes: [
      `The heap found its size over ${syncs.toLocaleString("en")} syncs at ${WARM_UP_PACE_MS} ms before. Least squares with two standard errors. A day at 5 s is 17,280 syncs.`,
    ],
  };
}

function post(agent: Agent, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ agent, socketPath, path: "/retry", method: "POST" }, (response) => {
      response.resume().once("end", resolve);
    })
      .once("error", reject)
      .end();
  });
}
