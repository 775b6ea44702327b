import { setTimeout as pause } from "node:timers/promises";
import { AGENT_V8_FLAGS, BINARY_NODE_FLAGS } from "../../packaging/v8-flags.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import type { BenchOptions } from "./options.ts";
import { startPeers } from "./peers.ts";
import type { Usage } from "./process-usage.ts";
import { type RecordingServer, startRecordingServer } from "./recording-server.ts";
import { makeAgentHome, makeBareHome, type Subject, startSubject } from "./subject.ts";
import { ratio, type Section, spread } from "./table.ts";

/** What happens once, after the start, is not the agent at rest: the first collections of garbage, connections. */
const WARM_UP_MS = 25_000;
const MIB = 1024;

interface Row {
  readonly name: string;
  readonly subjects: Subject[];
}

interface Measured {
  readonly name: string;
  readonly after: readonly Usage[];
  readonly cpuMsPerHour: readonly number[];
}

/** The agent at rest, beside the bare loop with Node's default flags and with the agent's own: all at once, several of each. */
export async function measureRest({ quick, log }: BenchOptions): Promise<Section> {
  const rounds = quick ? 2 : 3;
  const lastsMs = quick ? 60_000 : 600_000;
  const temporary = temporaryDirectory();
  await using server = await startRecordingServer();
  const rows = [
    ...(await startLoops(temporary.path, server, rounds)),
    ...(await startPeers(temporary.path, log)),
  ];
  try {
    log(`at rest: ${rows.map(({ name }) => name).join(", ")}; ${lastsMs / 1000} s`);
    await pause(WARM_UP_MS);
    const before = rows.map(({ subjects }) => subjects.map((subject) => subject.usage()));
    await pause(lastsMs);
    const measured = rows.map(({ name, subjects }, row): Measured => {
      const after = subjects.map((subject) => subject.usage());
      const cpuMs = after.map((usage, round) => usage.cpuMs - (before[row]?.[round]?.cpuMs ?? 0));
      return { name, after, cpuMsPerHour: cpuMs.map((ms) => (ms / lastsMs) * 3_600_000) };
    });
    return section(measured, lastsMs);
  } finally {
    await Promise.all(rows.flatMap(({ subjects }) => subjects.map((subject) => subject.stop())));
    temporary.remove();
  }
}

async function startLoops(folder: string, server: RecordingServer, rounds: number): Promise<Row[]> {
  const agent: Row = { name: "novacula-agent", subjects: [] };
  const bare: Row = { name: "bare loop, Node's default flags", subjects: [] };
  const lean: Row = { name: "bare loop, the agent's flags", subjects: [] };
  for (let round = 0; round < rounds; round += 1) {
    const name = `agent-${round}`;
    const home = makeAgentHome(`${folder}/${name}`, server.urlOf(name));
    agent.subjects.push(startSubject(home, home.args));
    const request = await server.next(name, 0);
    const flags = [...AGENT_V8_FLAGS, ...BINARY_NODE_FLAGS];
    for (const [row, options] of [
      [bare, []],
      [lean, flags],
    ] as const) {
      const own = `${row === bare ? "bare" : "lean"}-${round}`;
      const loop = makeBareHome(`${folder}/${own}`, server.urlOf(own), request, options);
      row.subjects.push(startSubject(loop, loop.args));
    }
  }
  return [agent, bare, lean];
}

function section(measured: readonly Measured[], lastsMs: number): Section {
  const pss = ({ after }: Measured) => after.map(({ pssKib }) => pssKib / MIB);
  const anonymous = ({ after }: Measured) => after.map(({ anonymousKib }) => anonymousKib / MIB);
  const [, bare, lean] = measured;
  return {
    title: "At rest: one sync every 5 s",
    header: ["", "PSS, MiB", "", "anonymous, MiB", "", "CPU, s/h", ""],
    rows: measured.map((one) => [
      one.name,
      spread(pss(one)),
      bare === undefined ? "" : ratio(pss(one), pss(bare)),
      spread(anonymous(one)),
      lean === undefined ? "" : ratio(anonymous(one), anonymous(lean)),
      spread(
        one.cpuMsPerHour.map((ms) => ms / 1000),
        2,
      ),
      bare === undefined ? "" : ratio(one.cpuMsPerHour, bare.cpuMsPerHour),
    ]),
    notes: [
      `After ${Math.round((lastsMs + WARM_UP_MS) / 60_000)} min, all at once, each with a copy of its program of its own (PSS falls when pages are shared). Ratios: PSS and CPU to the bare loop with default flags, anonymous memory to the one with the agent's flags. The bare loop sends the agent's own request and does nothing else; the agent also looks at its files every second. Medians (least–most).`,
    ],
  };
}
