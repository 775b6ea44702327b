import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { runCommandLine } from "../../../src/control-plane/cli/command-line.ts";
import { keepFiles, keepText, noteKey } from "../canary.ts";
import { eventually } from "../eventually.ts";
import { ENVIRONMENT } from "../program-environment.ts";
import { CONTROL_PLANE } from "../programs.ts";
import { temporaryDirectory } from "../temp-dir.ts";
import { onSmallDisk } from "./small-disk.ts";
import { databaseUrlFor, isOnPostgres } from "./test-database.ts";

export interface ControlPlaneOptions {
  /**
   * A database folder that the caller removes. Default: a new one, removed by `stop` and `kill`.
   */
  readonly directory?: string;
  /** Default: a free port. Pass that of an earlier start so that its executors find it again. */
  readonly port?: number;
  /** More environment. By default LOG_LEVEL is debug, so that `lines` has every refusal, and LOG_FORMAT json. */
  readonly env?: Readonly<Record<string, string>>;
  /** The maximum size of a file, in blocks of 512 bytes. To a database it acts like a full disk. */
  readonly maxFileBlocks?: number;
  /** How many files and sockets it may have open. */
  readonly maxOpenFiles?: number;
  /** Puts the directory on a disk of that size that only the program sees (small-disk.ts). */
  readonly smallDiskKiB?: number;
  /** Default: a path in the directory. */
  readonly socketPath?: string;
  /** Paths of PEM files. */
  readonly tls?: { readonly certPath: string; readonly keyPath: string };
  /** More arguments of `serve`. */
  readonly args?: readonly string[];
  /** Another release's `main.ts`. Its own commands are used, too, as processes. */
  readonly program?: string;
}

export interface CreateKeyOptions {
  readonly name?: string;
  readonly org?: string;
  readonly target?: string;
  readonly expiresAt?: number;
}

export interface TestKey {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly secret: string;
}

export interface TestControlPlane {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly directory: string;
  readonly socketPath: string;
  readonly databasePath: string;
  /** Everything on stdout (JSON lines) and stderr so far. */
  readonly lines: readonly string[];
  /** Runs a command in this process; resolves with its JSON, or rejects with its stderr. */
  management(...args: string[]): Promise<unknown>;
  /** Resolves with its id and slug. */
  createOrganization(name: string): Promise<{ readonly id: string; readonly slug: string }>;
  /** Creates the organization `acme` first if there is none and none is named. */
  createKey(options?: CreateKeyOptions): Promise<TestKey>;
  /** The old key works until `revokesAt`. */
  rotateKey(id: string, revokesAt?: number): Promise<TestKey>;
  revokeKey(id: string): Promise<void>;
  executors(org?: string): Promise<readonly TestExecutor[]>;
  /** The refused syncs in the log (LOG_LEVEL=debug). */
  refusedSyncs(): readonly unknown[];
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL. */
  kill(): Promise<void>;
}

const issued = z.object({
  key: z.object({ id: z.string(), name: z.string(), fingerprint: z.string() }),
  secret: z.string(),
});
const organizations = z.object({ organizations: z.array(z.object({ id: z.string(), slug: z.string() })) });
const moment = z.iso.datetime().transform((text) => Date.parse(text));
const keyReference = z.object({ id: z.string(), name: z.string(), fingerprint: z.string() });
const executor = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(["online", "offline", "damaged"]),
  version: z.string(),
  lastSyncAt: moment.nullable(),
  key: keyReference.nullable(),
  keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: moment, lastUsedAt: moment })),
  instances: z.array(z.object({ instanceId: z.string(), hostName: z.string() })),
  lastRefusal: z
    .object({ key: keyReference, reason: z.string(), message: z.string(), at: moment })
    .nullable(),
});

export type TestExecutor = z.output<typeof executor>;

/** Starts the real program; resolves once it accepts connections. The caller stops it. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<TestControlPlane> {
  const own = options.directory === undefined ? temporaryDirectory() : undefined;
  const directory = options.directory ?? own?.path ?? "";
  const databasePath = join(directory, "control-plane.db");
  const socketPath = options.socketPath ?? join(directory, "management.sock");
  const [command, ...args] = serveCommand(options, directory);
  const child = spawn(command, args, {
    env: {
      ...environment(options, await databaseUrlFor(directory)),
      // Beside an SQLite file, it has its socket by itself.
      ...(isOnPostgres() && { MANAGEMENT_SOCKET: socketPath }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => lines.push(line));
  }
  const exited = once(child, "exit");
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await exited;
    keepText("control-plane.log", lines.join("\n"));
    keepFiles(directory);
    own?.remove();
    return child.exitCode;
  };
  const url = await listeningUrl(lines, () => child.exitCode !== null).catch(async (error: unknown) => {
    await end("SIGKILL");
    throw error;
  });
  const { program } = options;
  const run =
    program === undefined ? runCommand : (args: readonly string[]) => runControlPlane(args, {}, program);
  const management = (...args: string[]) => runManagement(args, socketPath, run);
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    directory,
    socketPath,
    databasePath,
    lines,
    management,
    ...commands(management),
    refusedSyncs: () =>
      lines.filter((line) => line.includes('"event":"sync.refused"')).map((line) => JSON.parse(line)),
    stop: () => end("SIGTERM"),
    kill: async () => void (await end("SIGKILL")),
  };
}

function serveCommand(
  { maxFileBlocks, maxOpenFiles, smallDiskKiB, program = CONTROL_PLANE, args = [] }: ControlPlaneOptions,
  directory: string,
): [string, ...string[]] {
  const serve: [string, ...string[]] = [process.execPath, program, "serve", ...args];
  if (smallDiskKiB !== undefined) {
    return onSmallDisk(directory, smallDiskKiB, serve);
  }
  if (maxOpenFiles !== undefined) {
    return ["sh", "-c", `ulimit -n ${maxOpenFiles}; exec "$0" "$@"`, ...serve];
  }
  if (maxFileBlocks === undefined) {
    return serve;
  }
  return ["sh", "-c", `trap "" XFSZ; ulimit -f ${maxFileBlocks}; exec "$0" "$@"`, ...serve];
}

function environment(
  { port = 0, env, tls, socketPath, maxFileBlocks }: ControlPlaneOptions,
  databaseUrl: string,
): NodeJS.ProcessEnv {
  return {
    PATH: ENVIRONMENT.PATH,
    // The limit on file sizes would also truncate files of the compile cache.
    ...(maxFileBlocks === undefined && ENVIRONMENT),
    DATABASE_URL: databaseUrl,
    ...(socketPath === undefined ? {} : { MANAGEMENT_SOCKET: socketPath }),
    PORT: String(port),
    LOG_LEVEL: "debug",
    LOG_FORMAT: "json",
    ...(tls === undefined ? {} : { TLS_CERT: tls.certPath, TLS_KEY: tls.keyPath }),
    ...env,
  };
}

const listening = z.object({ event: z.literal("listening"), url: z.string() });

function listeningUrl(lines: readonly string[], hasExited: () => boolean): Promise<string> {
  return eventually(
    () => {
      if (hasExited()) {
        return { failed: `the control plane ended at once:\n${lines.join("\n")}` };
      }
      for (const line of lines) {
        const record = line.startsWith("{") ? listening.safeParse(JSON.parse(line)) : undefined;
        if (record?.success === true) {
          return { url: record.data.url };
        }
      }
      return undefined;
    },
    { timeoutMs: 60_000, describe: "the control plane listens" },
  ).then((result) => {
    if ("failed" in result) {
      throw new Error(result.failed);
    }
    return result.url;
  });
}

function commands(management: TestControlPlane["management"]) {
  const key = (output: unknown): TestKey => {
    const { key: made, secret } = issued.parse(output);
    noteKey(secret);
    return { ...made, secret };
  };
  return {
    async createOrganization(name: string) {
      const organization = z.object({ id: z.string(), slug: z.string() });
      return z.object({ organization }).parse(await management("org", "create", name)).organization;
    },
    async createKey({ name = "prod", org, target, expiresAt }: CreateKeyOptions = {}): Promise<TestKey> {
      if (
        org === undefined &&
        organizations.parse(await management("org", "list")).organizations.length === 0
      ) {
        await management("org", "create", "acme");
      }
      const args = ["--name", name];
      if (org !== undefined) {
        args.push("--org", org);
      }
      if (target !== undefined) {
        args.push("--target", target);
      }
      if (expiresAt !== undefined) {
        args.push("--expires-at", new Date(expiresAt).toISOString());
      }
      return key(await management("keys", "create", ...args));
    },
    async rotateKey(id: string, revokesAt?: number): Promise<TestKey> {
      const grace = revokesAt === undefined ? ["--yes"] : ["--revokes-at", new Date(revokesAt).toISOString()];
      return key(await management("keys", "rotate", id, ...grace));
    },
    async revokeKey(id: string): Promise<void> {
      await management("keys", "revoke", id, "--yes");
    },
    async executors(org?: string): Promise<readonly TestExecutor[]> {
      const args = org === undefined ? [] : ["--org", org];
      const data = z.object({ executors: z.array(executor) });
      return data.parse(await management("executors", "list", ...args)).executors;
    },
  };
}

/** What a command of the management answers, which must succeed. */
export async function runManagement(
  args: readonly string[],
  socketPath: string,
  run: (args: readonly string[]) => ReturnType<typeof runControlPlane> = runCommand,
): Promise<unknown> {
  const result = await run([...args, "--json", "--socket", socketPath]);
  if (result.exitCode !== 0) {
    throw new Error(`${args.slice(0, 2).join(" ")} ended with ${result.exitCode}: ${result.stderr}`);
  }
  return JSON.parse(result.stdout);
}

/**
 * Runs the program's command line in this process, with a terminal at which a person types
 * `answer`.
 */
export async function runCommandAnswering(args: readonly string[], answer: string) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const exitCode = await runCommandLine(args, {
    environment: {},
    stdin: Object.assign(Readable.from([answer]), { isTTY: true }),
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
  });
  return { exitCode, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** Runs a command other than `serve` in this process, which is quicker and behaves the same. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const exitCode = await runCommandLine(args, {
    environment: env,
    stdin: Readable.from([]),
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
  });
  return { exitCode, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** Runs the program as a process until it exits. */
export async function runControlPlane(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program = CONTROL_PLANE,
): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...ENVIRONMENT, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { exitCode: child.exitCode, stdout, stderr };
}
