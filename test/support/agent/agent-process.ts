import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { type AgentStatus, agentStatusSchema } from "../../../src/agent/daemon/status/status.ts";
import { keepFiles, keepText } from "../canary.ts";
import { eventually } from "../eventually.ts";
import { ENVIRONMENT } from "../program-environment.ts";
import { AGENT } from "../programs.ts";

/** A running agent: its process, output and socket. */
export interface AgentProcess extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The journal, line by line. Lines of stderr have the event `stderr`. */
  readonly lines: readonly JournalLine[];
  /** Resolves with the first line of `event` that matches, including earlier lines. */
  waitForLine(event: string, match?: RegExp, timeoutMs?: number): Promise<JournalLine>;
  status(): Promise<AgentStatus>;
  /** Sends a request to its socket. Resolves with the status that it answers. */
  ask(method: string, path: string): Promise<AgentStatus>;
  /** Resolves with the first status that satisfies `predicate`. */
  waitForStatus(predicate: (status: AgentStatus) => boolean, timeoutMs?: number): Promise<AgentStatus>;
  post(operation: "retry" | "reload" | "allow-new-organization"): Promise<AgentStatus>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves once the process has ended. */
  exited(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface JournalLine {
  readonly event: string;
  readonly level: string;
  readonly message: string;
  readonly atMs: number;
}

export interface StartOptions {
  readonly configPath: string;
  /** The folder of the socket. */
  readonly runtimeDir: string;
  /** Its `state.json` is kept for the canary. */
  readonly dataDir?: string;
  /**
   * More environment. With `INVOCATION_ID` it runs as a service and waits for a file that is not
   * valid.
   */
  readonly environment?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
  /** More options of `run`. */
  readonly runOptions?: readonly string[];
  /** A command that runs the agent's command, such as `unshare -m`. */
  readonly wrapper?: readonly string[];
  /** Runs it as another user, which only root may do. */
  readonly uid?: number;
  /** Another release's `main.ts`. */
  readonly program?: string;
}

/** Generous, for a busy machine. */
const WAIT_MS = 25_000;

const jsonLine = z.object({ event: z.string(), level: z.string(), msg: z.string() });

export function startAgent(options: StartOptions): AgentProcess {
  const main = options.program ?? AGENT;
  const own = [process.execPath, ...(options.arguments ?? []), main, "run", "-c", options.configPath];
  own.push(...(options.runOptions ?? []));
  const [program = "", ...command] = [...(options.wrapper ?? []), ...own];
  const child = spawn(program, command, {
    env: { ...ENVIRONMENT, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  const lines: JournalLine[] = [];
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output += `${line}\n`;
      lines.push(parse(line, stream === child.stderr));
    });
  }
  const ended = once(child, "close").then(() => {
    keepText(`agent-${child.pid}.log`, output);
    if (options.dataDir !== undefined) {
      keepFiles(options.dataDir);
    }
    return { code: child.exitCode, signal: child.signalCode };
  });
  const ask = async (method: string, path: string) => {
    const body = await askAgent(join(options.runtimeDir, "agent.sock"), method, path);
    output += `${body}\n`;
    return agentStatusSchema.parse(JSON.parse(body));
  };
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    child,
    lines,
    waitForLine: (event, match = /^/, timeoutMs = WAIT_MS) =>
      eventually(
        () => lines.find((line) => line.event === event && match.test(line.message)) ?? unseen(lines),
        {
          timeoutMs,
          describe: `a line ${event} that matches ${match}`,
        },
      ),
    status: () => ask("GET", "/status"),
    ask,
    waitForStatus: (predicate, timeoutMs = WAIT_MS) =>
      eventually(
        async () => {
          if (hasEnded()) {
            return unseen(lines);
          }
          const status = await ask("GET", "/status");
          return predicate(status) ? status : unseen(lines, status);
        },
        { timeoutMs, describe: "a status" },
      ),
    post: (operation) => ask("POST", `/${operation}`),
    signal: (signal) => void child.kill(signal),
    exited: () => ended,
    async stop() {
      if (!hasEnded()) {
        child.kill("SIGTERM");
      }
      return (await ended).code;
    },
    async [Symbol.asyncDispose]() {
      if (!hasEnded()) {
        child.kill("SIGKILL");
      }
      await ended;
    },
  };
}

function parse(line: string, isError: boolean): JournalLine {
  const atMs = Date.now();
  const record = line.startsWith("{") ? jsonLine.safeParse(JSON.parse(line)) : undefined;
  if (record?.success === true) {
    return { event: record.data.event, level: record.data.level, message: record.data.msg, atMs };
  }
  // An agent without a configuration knows no other format.
  const [, level, event, message] = /^\d\d:\d\d:\d\d (\w+) +([a-z.-]+): (.*)$/u.exec(line) ?? [];
  if (level !== undefined && event !== undefined && message !== undefined) {
    return { event, level, message, atMs };
  }
  return { event: isError ? "stderr" : "stdout", level: "error", message: line, atMs };
}

/** The state that `eventually` shows if its wait fails. */
function unseen(lines: readonly JournalLine[], status?: AgentStatus): never {
  throw new Error(`${JSON.stringify(status) ?? ""}\n${render(lines)}`);
}

/** For a failure's message. */
export function render(lines: readonly JournalLine[]): string {
  return lines.map(({ level, event, message }) => `  ${level} ${event}: ${message}`).join("\n");
}

async function askAgent(socketPath: string, method: string, path: string): Promise<string> {
  const question = request({ socketPath, method, path });
  question.end();
  const answered: unknown[] = await once(question, "response");
  const [response] = answered;
  if (!isReadable(response)) {
    throw new TypeError("no response");
  }
  return await text(response);
}

function isReadable(value: unknown): value is NodeJS.ReadableStream {
  return typeof value === "object" && value !== null && "pipe" in value;
}

/** The folder of a test's agent. `path` is short enough for a Unix socket. */
export interface AgentHome {
  readonly configPath: string;
  readonly runtimeDir: string;
  readonly dataDir: string;
  /** The text of an agent.toml. */
  toml(settings: TomlSettings): string;
  /** Writes it in place. */
  write(settings: TomlSettings): void;
}

export interface TomlSettings {
  readonly url: string;
  /** Left out if undefined. */
  readonly key?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly name?: string;
  readonly level?: string;
  readonly intervalSecs?: number;
}

export function agentHome(path: string, configPath = join(path, "agent.toml")): AgentHome {
  const runtimeDir = join(path, "run");
  const dataDir = join(path, "data");
  mkdirSync(dataDir, { recursive: true });
  const toml = ({ url, key, keyFile, caFile, name, level, intervalSecs }: TomlSettings) =>
    [
      "[agent]",
      `name = "${name ?? "agent-1"}"`,
      `data_dir = "${dataDir}"`,
      `runtime_dir = "${runtimeDir}"`,
      "[control_plane]",
      `url = "${url}"`,
      ...(key === undefined ? [] : [`access_token = "${key}"`]),
      ...(keyFile === undefined ? [] : [`access_token_file = "${keyFile}"`]),
      ...(caFile === undefined ? [] : [`ca_file = "${caFile}"`]),
      `sync_interval_secs = ${intervalSecs ?? 0.5}`,
      "[logging]",
      'format = "json"',
      `level = "${level ?? "info"}"`,
      "",
    ].join("\n");
  return {
    configPath,
    runtimeDir,
    dataDir,
    toml,
    write: (settings) => writeFileSync(configPath, toml(settings), { mode: 0o600 }),
  };
}
