import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXECUTABLE } from "../../packaging/paths.ts";
import { agentHome } from "../support/agent/agent-process.ts";
import { makeKey } from "../support/keys.ts";
import { removeAtExit } from "./leftovers.ts";
import { type Usage, usageOf } from "./process-usage.ts";
import type { Recorded } from "./recording-server.ts";

/** A program that is measured. */
export interface Subject extends AsyncDisposable {
  readonly pid: number;
  /** `performance.now()` at its start. */
  readonly startedAtMs: number;
  readonly usage: () => Usage;
  /** SIGTERM; resolves once it has ended. */
  stop(): Promise<void>;
}

/**
 * The folder of one subject. Each has its own copy of its program, because processes of one file
 * share pages.
 */
export function makeHome(folder: string, program: string) {
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, "program");
  copyFileSync(program, copy);
  return { folder, program: copy };
}

export type Home = ReturnType<typeof makeHome>;

export function startSubject(
  { folder, program }: Home,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Subject {
  const log = openSync(join(folder, "log"), "a");
  const startedAtMs = performance.now();
  // An empty environment: a NODE_EXTRA_CA_CERTS from the shell would cost memory.
  const child = spawn(program, args, { env: { ...environment }, stdio: ["ignore", log, log] });
  const keep = removeAtExit(() => child.kill("SIGKILL"));
  child.once("exit", keep);
  return {
    pid: child.pid ?? 0,
    startedAtMs,
    usage: () => usageOf(child.pid ?? 0),
    stop: () => end(child),
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** The released binary's agent, with a key and a configuration of its own. */
export function makeAgentHome(folder: string, url: string, executable = EXECUTABLE) {
  const home = makeHome(folder, executable);
  const files = agentHome(folder);
  const key = makeKey();
  const settings = { url, intervalSecs: 5 };
  files.write({ ...settings, key });
  return {
    ...home,
    ...files,
    key,
    settings,
    args: ["run", "-c", files.configPath],
  };
}

export const BARE_LOOP = fileURLToPath(new URL("bare-loop.cjs", import.meta.url));

/** The bare loop, with the request of an agent. */
export function makeBareHome(folder: string, url: string, request: Recorded, flags: readonly string[] = []) {
  const home = makeHome(folder, process.execPath);
  const requestPath = join(folder, "request.json");
  writeFileSync(requestPath, JSON.stringify({ headers: request.headers, body: request.body }), {
    mode: 0o600,
  });
  return { ...home, args: [...flags, BARE_LOOP, `${url}/graphql`, requestPath, "5000"] };
}
