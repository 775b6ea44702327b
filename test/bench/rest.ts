import { setTimeout as pause } from "node:timers/promises";
import { AGENT_V8_FLAGS, BINARY_NODE_FLAGS } from "../../packaging/v8-flags.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import { removeAtExit } from "./leftovers.ts";
import type { BenchOptions } from "./options.ts";
import { PEERS_NOTE, startPeers } from "./peers.ts";
import type { Usage } from "./process-usage.ts";
import { type RecordingServer, startRecordingServer } from "./recording-server.ts";
import { makeAgentHome, makeBareHome, type Subject, startSubject } from "./subject.ts";
import { ratio, type Section, spread } from "./table.ts";

/**
 * Left out after a start: the first garbage collections and connections are not the agent at rest.
 */
const WARM_UP_MS = 25_000;
const MIB = 1024;
const INTERVAL_MS = 5000;

interface Row {
  readonly name: string;
  readonly subjects: readonly Subject[];
  /** Requests of all subjects together so far, as the side that answers counts them. */
  readonly polls: () => number;
}

interface Measured {
  readonly name: string;
  /** Requests of one subject in the time measured. */
  readonly polls: number;
  readonly after: readonly Usage[];
  readonly cpuMsPerHour: readonly number[];
}

/**
 * Measures the agent at rest beside the bare loop with Node's flags and with the agent's, several
 * of each at once.
 */
export async function measureRest({ quick, log }: BenchOptions): Promise<Section> {
  const rounds = quick ? 2 : 3;
  const lastsMs = quick ? 60_000 : 600_000;
  const temporary = temporaryDirectory();
  const keepTemporary = removeAtExit(temporary.remove);
  await using server = await startRecordingServer();
  const loops = await startLoops(temporary.path, server, rounds);
  const peers = await startPeers(temporary.path, log);
  const rows: readonly Row[] = [...loops, ...peers];
  try {
    log(`at rest: ${rows.map(({ name }) => name).join(", ")}; ${lastsMs / 1000} s`);
    await pause(WARM_UP_MS);
    const before = rows.map(look);
    await pause(lastsMs);
    const measured = rows.map((row, index): Measured => {
      const { usages: after, polls } = look(row);
      const cpuMs = after.map((usage, round) => usage.cpuMs - (before[index]?.usages[round]?.cpuMs ?? 0));
      return {
        name: row.name,
        polls: (polls - (before[index]?.polls ?? 0)) / after.length,
        after,
        cpuMsPerHour: cpuMs.map((ms) => (ms / lastsMs) * 3_600_000),
      };
    });
    return section(measured, lastsMs, log);
  } finally {
    const stops = [...loops.flatMap(({ subjects }) => subjects), ...peers].map((one) => one.stop());
    await Promise.all(stops);
    temporary.remove();
    keepTemporary();
  }
}

function look({ subjects, polls }: Row) {
  return { usages: subjects.map((subject) => subject.usage()), polls: polls() };
}

async function startLoops(folder: string, server: RecordingServer, rounds: number): Promise<Row[]> {
  const row = (name: string, prefix: string) => {
    const subjects: Subject[] = [];
    const polls = () =>
      subjects.reduce((sum, _subject, round) => sum + server.countOf(`${prefix}-${round}`), 0);
    return { name, subjects, polls };
  };
  const agent = row("novacula-agent", "agent");
  const bare = row("bare loop, Node's default flags", "bare");
  const lean = row("bare loop, the agent's flags", "lean");
  for (let round = 0; round < rounds; round += 1) {
    const name = `agent-${round}`;
    const home = makeAgentHome(`${folder}/${name}`, server.urlOf(name));
    agent.subjects.push(startSubject(home, home.args));
    const request = await server.next(name, 0);
    const flags = [...AGENT_V8_FLAGS, ...BINARY_NODE_FLAGS];
    for (const [loops, options] of [
      [bare, []],
      [lean, flags],
    ] as const) {
      const own = `${loops === bare ? "bare" : "lean"}-${round}`;
      const loop = makeBareHome(`${folder}/${own}`, server.urlOf(own), request, options);
      loops.subjects.push(startSubject(loop, loop.args));
    }
  }
  return [agent, bare, lean];
}

/**
 * Rejects the figure of a program that did not poll. One request more or less is the cut of the
 * interval.
 */
function isOnTime({ polls }: Measured, expected: number): boolean {
  return Math.abs(polls - expected) <= Math.max(2, expected / 20);
}

function section(measured: readonly Measured[], lastsMs: number, log: (line: string) => void): Section {
  const expected = lastsMs / INTERVAL_MS;
  const [, bare, lean] = measured;
  return {
    title: "At rest: one sync every 5 s",
    header: ["", "PSS, MiB", "", "anonymous, MiB", "", "CPU, s/h", ""],
    rows: measured.map((one) => {
      if (isOnTime(one, expected)) {
        return [one.name, ...figures(one, bare, lean)];
      }
      const verdict = `${one.polls.toFixed(0)} requests, not ${expected}: no figures`;
      log(`LEFT OUT ${one.name}: ${verdict}`);
      return [one.name, verdict, "", "", "", "", ""];
    }),
    notes: [
      `After ${Math.round((lastsMs + WARM_UP_MS) / 60_000)} min, all at once, each with a copy of its program of its own (PSS falls when pages are shared). Ratios: PSS and CPU to the bare loop with default flags, anonymous memory to the one with the agent's flags. The bare loop sends the agent's own request and does nothing else; the agent also watches its files. Medians (least–most).`,
      `Requests of each in the ${lastsMs / 1000} s measured, counted by the side that answers: ${measured.map(({ name, polls }) => `${name}: ${polls.toFixed(0)}`).join("; ")}.${measured.length > 3 ? ` ${PEERS_NOTE}` : ""}`,
    ],
  };
}

function figures(one: Measured, bare: Measured | undefined, lean: Measured | undefined): readonly string[] {
  const pss = ({ after }: Measured) => after.map(({ pssKib }) => pssKib / MIB);
  const anonymous = ({ after }: Measured) => after.map(({ anonymousKib }) => anonymousKib / MIB);
  const cpuSeconds = one.cpuMsPerHour.map((ms) => ms / 1000);
  return [
    spread(pss(one)),
    bare === undefined ? "" : ratio(pss(one), pss(bare)),
    spread(anonymous(one)),
    lean === undefined ? "" : ratio(anonymous(one), anonymous(lean)),
    spread(cpuSeconds, 2),
    bare === undefined ? "" : ratio(one.cpuMsPerHour, bare.cpuMsPerHour),
  ];
}
