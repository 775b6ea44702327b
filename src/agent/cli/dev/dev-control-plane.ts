import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { complain, paint, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { OperatorError } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import { diagnoseKey } from "../../key/diagnose-key.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import type { Program } from "../host/programs.ts";
import { type Child, startChild } from "./child.ts";
import type { DevFolder } from "./dev-folder.ts";

/** The control plane of `dev`: a separate process, managed through its own command line. */
export interface DevControlPlane {
  readonly url: string;
  readonly child: Child;
  /**
   * True once this process listens; false if it ended or `signal` aborted. Rejects with an
   * OperatorError after a minute.
   */
  ready(signal: AbortSignal): Promise<boolean>;
  /**
   * Prints what it logged before it was ready. The lines are held back until then, because another
   * port may be tried instead.
   */
  explain(): void;
  /** A link to the page that signs in once. */
  signInLink(): Promise<string>;
  /** Creates a key in the only organization. Creates that organization first if there is none. */
  issueKey(name: string): Promise<ExecutorKey>;
}

const organizations = z.object({ organizations: z.array(z.object({ slug: z.string() })) });
const signInLink = z.object({ url: z.string() });
const issued = z.object({ secret: z.string() });
const word = z.string().optional().catch(undefined);
const logLine = z.looseObject({
  level: z.string(),
  msg: z.string(),
  event: word,
});
const LOUD: ReadonlySet<string> = new Set(["warn", "error", "fatal"]);
/** Long enough for a small machine that is busy. */
const READY_LIMIT_MS = 60_000;

interface Start {
  /** For its database and socket. */
  readonly folder: DevFolder;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** The command that the page names to give the agent a key. */
  readonly setKey: string;
}

/** Starts the control plane, with a page on which the one person `dev` signs in. */
export function startControlPlane(
  program: Program,
  { folder, port, setKey }: Start,
  terminal: Terminal,
): DevControlPlane {
  const url = `http://127.0.0.1:${port}`;
  const environment = { ...program.environment, PATH: terminal.environment["PATH"] };
  const child = startChild("The control plane", program, ["serve", "--dev", setKey], {
    env: {
      ...environment,
      DATABASE_URL: `file:${folder.databasePath}`,
      MANAGEMENT_SOCKET: folder.managementSocket,
      LOG_FORMAT: "json",
      HOST: "127.0.0.1",
      PORT: String(port),
      BETTER_AUTH_URL: url,
      INITIAL_ORGANIZATION: "dev",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = followOutput(child, terminal);
  const manage: Manage = (...args) =>
    ask(program, [...args, "--json", "--socket", folder.managementSocket], environment);
  return {
    url,
    child,
    explain: output.explain,
    async ready(signal) {
      const isReady = await firstOf(output.isListening, signal);
      if (isReady !== undefined || signal.aborted) {
        return isReady === true;
      }
      await child.end(0);
      output.explain();
      throw new OperatorError(`the control plane does not listen on ${url} after ${READY_LIMIT_MS / 1000} s`);
    },
    signInLink: async () => signInLink.parse(await manage("sign-in-link")).url,
    issueKey: (name) => issueKey(manage, name),
  };
}

/** Undefined after a minute, or if `signal` aborts. */
async function firstOf(isListening: Promise<boolean>, signal: AbortSignal): Promise<boolean | undefined> {
  const waiting = new AbortController();
  const limit = delay(READY_LIMIT_MS, AbortSignal.any([signal, waiting.signal]));
  const isReady = await Promise.race([isListening, limit]);
  waiting.abort();
  return isReady ?? undefined;
}

interface Output {
  /**
   * True once its own log says that it listens (another program may answer at its address); false
   * if it ended.
   */
  readonly isListening: Promise<boolean>;
  /** Prints the lines that were held back before it listened. */
  explain(): void;
}

function followOutput(child: Child, terminal: Terminal): Output {
  const { promise: isListening, resolve } = Promise.withResolvers<boolean>();
  let kept: string[] | undefined = [];
  const explain = () => {
    for (const line of kept ?? []) {
      passOn(line, terminal);
    }
    kept = undefined;
  };
  const follow = (line: string) => {
    if (decodeLog(line)?.event === "listening") {
      explain();
      resolve(true);
    }
    if (kept === undefined) {
      passOn(line, terminal);
    } else {
      kept.push(line);
    }
  };
  for (const stream of [child.process.stdout, child.process.stderr]) {
    if (stream !== null) {
      createInterface({ input: stream }).on("line", follow);
    }
  }
  void child.ended.then(() => resolve(false));
  return { isListening, explain };
}

/** Runs a command of the control plane on its management socket; resolves with its JSON. */
type Manage = (...args: readonly string[]) => Promise<unknown>;

async function issueKey(manage: Manage, name: string): Promise<ExecutorKey> {
  const { organizations: known } = organizations.parse(await manage("org", "list"));
  if (known.length === 0) {
    await manage("org", "create", "dev");
  }
  const [organization = { slug: "dev" }] = known;
  const { secret } = issued.parse(await manage("keys", "create", "--name", name, "--org", organization.slug));
  const { key } = diagnoseKey(secret, { kind: "input" });
  if (key === undefined) {
    throw new TypeError("the control plane issued an invalid key");
  }
  return key;
}

/**
 * Runs a command of the control plane and decodes its JSON. A secret appears only in its stdout.
 */
async function ask(
  program: Program,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<unknown> {
  const child = spawn(program.file, [...program.args, ...args], {
    argv0: program.argv0,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const [answer, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  if (child.exitCode === 0) {
    return JSON.parse(answer);
  }
  throw new OperatorError(`a command of the control plane failed: ${printable(complaint, 500)}`);
}

/** Prints only warnings and errors, because people read the agent's journal here. */
function passOn(line: string, terminal: Terminal): void {
  const said = worthSaying(line);
  if (said !== undefined) {
    complain(terminal, paint(terminal, "dim", `control plane: ${printable(said, 500)}`));
  }
}

function worthSaying(line: string): string | undefined {
  if (!line.startsWith("{")) {
    return /ExperimentalWarning|--trace-warnings/u.test(line) ? undefined : line;
  }
  const logged = decodeLog(line);
  if (logged === undefined) {
    return line;
  }
  // Expected: a new folder has a new database.
  if (logged.event === "database.created") {
    return undefined;
  }
  return LOUD.has(logged.level) ? logged.msg : undefined;
}

/** Undefined for a line that is not from the control plane's log. */
function decodeLog(line: string): z.infer<typeof logLine> | undefined {
  try {
    return logLine.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
