import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import pRetry from "p-retry";
import * as z from "zod";
import { diagnoseKey } from "../key/diagnose-key.ts";
import type { ExecutorKey } from "../key/executor-key.ts";
import { OperatorError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { type Child, startChild } from "./child.ts";
import type { DevFolder } from "./dev-folder.ts";
import type { Program } from "./programs.ts";
import { complain, paint, type Terminal } from "./terminal.ts";

/** The embedded control plane: a process of its own, asked through its own command line. */
export interface DevControlPlane {
  readonly url: string;
  readonly child: Child;
  /** Resolves once it answers; a cancelled wait resolves too. */
  ready(signal: AbortSignal): Promise<void>;
  /** A new key, in the one organization, which is made first where there is none. */
  issueKey(name: string): Promise<ExecutorKey>;
}

const organizations = z.array(z.object({ slug: z.string() }));
const issued = z.object({ secret: z.string() });
const logLine = z.looseObject({ level: z.string(), msg: z.string() });
const LOUD: ReadonlySet<string> = new Set(["warn", "error", "fatal"]);
/** 15 s on a busy machine. */
const READY = { retries: 150, minTimeout: 100, factor: 1 };

export function startControlPlane(
  program: Program,
  folder: DevFolder,
  port: number,
  terminal: Terminal,
): DevControlPlane {
  const url = `http://127.0.0.1:${port}`;
  const child = startChild("The control plane", program, ["serve"], {
    env: {
      PATH: terminal.environment["PATH"],
      DATABASE_URL: `file:${folder.databasePath}`,
      MANAGEMENT_SOCKET: folder.managementSocket,
      HOST: "127.0.0.1",
      PORT: String(port),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.process.stdout, child.process.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on("line", (line) => passOn(line, terminal));
  }
  const manage = (...args: readonly string[]) =>
    ask(program, [...args, "--json", "--socket", folder.managementSocket]);
  return {
    url,
    child,
    async ready(signal) {
      try {
        await pRetry(() => assertHealthy(`${url}/healthz`), { ...READY, signal });
      } catch (error) {
        if (!signal.aborted)
          throw new OperatorError(`the control plane does not answer at ${url}`, { cause: error });
      }
    },
    async issueKey(name) {
      const known = organizations.parse(await manage("org", "list"));
      if (known.length === 0) await manage("org", "create", "dev");
      const [organization = { slug: "dev" }] = known;
      const { secret } = issued.parse(
        await manage("keys", "create", "--name", name, "--org", organization.slug),
      );
      const { key } = diagnoseKey(secret, { kind: "input" });
      if (key === undefined) throw new TypeError("the control plane issued a key that is none");
      return key;
    },
  };
}

/** One command of the control plane's own, its answer decoded from JSON. A secret comes on stdout and goes nowhere else. */
async function ask(program: Program, args: readonly string[]): Promise<unknown> {
  const child = spawn(program.file, [...program.args, ...args], {
    argv0: program.argv0,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const [answer, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  if (child.exitCode === 0) return JSON.parse(answer);
  throw new OperatorError(`the control plane's command line failed: ${printable(complaint, 500)}`);
}

function assertHealthy(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`it answered ${response.statusCode}`));
    })
      .on("error", reject)
      .end();
  });
}

/** Its warnings and errors only: the agent's journal is what one reads here. */
function passOn(line: string, terminal: Terminal): void {
  const said = worthSaying(line);
  if (said !== undefined)
    complain(terminal, paint(terminal, "dim", `control plane: ${printable(said, 500)}`));
}

function worthSaying(line: string): string | undefined {
  if (!line.startsWith("{")) return /ExperimentalWarning|--trace-warnings/u.test(line) ? undefined : line;
  try {
    const { level, msg } = logLine.parse(JSON.parse(line));
    return LOUD.has(level) ? msg : undefined;
  } catch {
    return line;
  }
}
