import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { agentHome } from "../support/agent/agent-process.ts";
import {
  FILE_CHANGES,
  type FileChange,
  hasVim,
  type Place,
  stageFile,
} from "../support/agent/file-change.ts";
import { makeKey } from "../support/keys.ts";
import { temporaryDirectory } from "../support/temp-dir.ts";
import type { BenchOptions } from "./options.ts";
import { type RecordingServer, startRecordingServer } from "./recording-server.ts";
import { measureRotations } from "./rotations.ts";
import { median, quantile } from "./statistics.ts";
import { type Home, makeAgentHome, makeBareHome, startSubject } from "./subject.ts";
import { ratio, type Section, spread } from "./table.ts";

/** Measures how long an operator waits: for a start, a restart, and a file changed in many ways. */
export async function measureTimes({ quick, log }: BenchOptions): Promise<Section> {
  const temporary = temporaryDirectory();
  await using server = await startRecordingServer();
  try {
    log("times: starts and restarts");
    const starts = await measureStarts(temporary.path, server, quick ? 5 : 20);
    const { agent, bare, restart } = starts;
    const rows = [
      ["start → first accepted sync", `${spread(agent, 0)} ms`, ratio(agent, bare)],
      ["the bare loop's start → first answer", `${spread(bare, 0)} ms`, "1.00×"],
      ["restart: SIGTERM → accepted again", `${spread(restart, 0)} ms`, ratio(restart, bare)],
    ];
    log("times: rotations in one step");
    const { recoveries, stopMs } = await measureRotations(quick ? 3 : 20);
    rows.push(
      ["key rotated and refused: new key in the file → online", `${spread(recoveries, 0)} ms`, ""],
      ["control plane with one agent: SIGTERM → ended", `${stopMs.toFixed(0)} ms`, ""],
    );
    const changes = await measureChanges(temporary.path, server, starts.home, quick ? 1 : 3, log);
    const all = changes.flatMap(({ ms }) => ms);
    rows.push([
      `file changed → first request with the new key, ${changes.length} ways`,
      `${spread(all, 0)} ms; p95 ${quantile(all, 0.95).toFixed(0)}`,
      "",
    ]);
    for (const { name, ms } of changes) {
      rows.push([`— ${name}`, `${spread(ms, 0)} ms`, ""]);
    }
    return {
      title: "Times",
      header: ["", "median (least–most)", "of the bare loop"],
      rows,
      notes: [
        "Page cache warm; a start without memory of an earlier one; a restart with it, in a fleet of one. Of the time after a change, 400 ms are the agent's own: a writer that goes in steps is done by then.",
      ],
    };
  } finally {
    temporary.remove();
  }
}

async function measureStarts(folder: string, server: RecordingServer, rounds: number) {
  const home = makeAgentHome(join(folder, "agent"), server.urlOf("agent"));
  const agent: number[] = [];
  const restart: number[] = [];
  const bare: number[] = [];
  let loop: ReturnType<typeof makeBareHome> | undefined;
  for (let round = 0; round < rounds; round += 1) {
    rmSync(join(home.dataDir, "state.json"), { force: true });
    await using first = startSubject(home, home.args);
    const accepted = await server.next("agent", first.startedAtMs);
    agent.push(accepted.atMs - first.startedAtMs);
    loop ??= makeBareHome(join(folder, "bare"), server.urlOf("bare"), accepted);
    const stoppedAtMs = performance.now();
    await first.stop();
    await using second = startSubject(home, home.args);
    restart.push((await server.next("agent", second.startedAtMs)).atMs - stoppedAtMs);
    await second.stop();
    await using third = startSubject(loop, loop.args);
    bare.push((await server.next("bare", third.startedAtMs)).atMs - third.startedAtMs);
  }
  return { home, agent, restart, bare };
}

async function measureChanges(
  folder: string,
  server: RecordingServer,
  home: Home,
  rounds: number,
  log: (line: string) => void,
): Promise<{ readonly name: string; readonly ms: readonly number[] }[]> {
  const measured: { readonly name: string; readonly ms: readonly number[] }[] = [];
  for (const [index, change] of FILE_CHANGES.entries()) {
    if ((change.needs === "vim" && !hasVim()) || change.asNobody === true) {
      log(`skipped the change "${change.name}": it needs vim, or another user`);
      continue;
    }
    const ms: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      ms.push(await measureChange(join(folder, `${index}-${round}`), server, home, change));
    }
    log(`times: ${change.name}: ${median(ms).toFixed(0)} ms`);
    measured.push({ name: change.name, ms });
  }
  return measured;
}

/** Milliseconds from the last write to the answer of the first request with the new key. */
async function measureChange(
  folder: string,
  server: RecordingServer,
  { program, folder: logs }: Home,
  change: FileChange,
): Promise<number> {
  const files = agentHome(folder, join(folder, change.path ?? "etc/agent.toml"));
  const [old, fresh] = [makeKey(), makeKey()];
  const settings = { url: server.urlOf("changed"), intervalSecs: 5 };
  const place: Place = {
    folder,
    path: files.configPath,
    before: files.toml({ ...settings, key: old }),
    after: files.toml({ ...settings, key: fresh }),
  };
  stageFile(change, place);
  const carries =
    (key: string) =>
    ({ headers }: { readonly headers: Readonly<Record<string, string>> }) =>
      headers["authorization"] === `Bearer ${key}`;
  await using subject = startSubject({ folder: logs, program }, ["run", "-c", files.configPath]);
  await server.next("changed", subject.startedAtMs, carries(old));
  // At a random moment between two of the agent's looks.
  await pause(Math.random() * 2000);
  await change.change(place);
  const changedAtMs = performance.now();
  return (await server.next("changed", subject.startedAtMs, carries(fresh))).atMs - changedAtMs;
}
