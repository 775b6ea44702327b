import { type ChildProcess, execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { type Clock, systemClock } from "../../../lib/clock.ts";
import type { ChainAdapter, ChainClient } from "../../../protocol/chains/adapters/adapter.ts";
import { CATALOGUE } from "../../../protocol/chains/catalogue.ts";

/** Where an administrator or a download puts clients: `CLIENT/VERSION/CLIENT`. */
export const CLIENTS_DIR = "/usr/lib/novacula/clients";

const CHECK_TIMEOUT_MS = 5000;
const MAX_OUTPUT_BYTES = 64 * 1024;
/** A program that hangs must not hold up every look. */
const RETRY_MS = 60_000;
/** Programs are looked for this often, ms, and at each turn while one is missing. */
const LOOK_MS = 60_000;

const run = promisify(execFile);
const NEVER = new AbortController().signal;

export interface ProgramsOptions {
  readonly clientsDir?: string;
  /** Who may own a program: root, whose programs only root can change. */
  readonly owners?: readonly number[];
  readonly catalogue?: readonly ChainAdapter[];
  readonly now?: Clock["now"];
}

interface Asked {
  /** What `stat` said of the file then. */
  readonly seen: string;
  readonly version: string | undefined;
  /** It was too slow, or could not be started: ask again then. */
  readonly retryAt: number | undefined;
}

/** Finds the programs of the catalogue's clients that are on the host. */
export class Programs {
  readonly #clientsDir: string;
  readonly #owners: readonly number[];
  readonly #clients: readonly ChainClient[];
  #found: ReadonlyMap<string, string> = new Map();
  #foundAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly #now: Clock["now"];
  /** What system programs said, by path. */
  readonly #asked = new Map<string, Asked>();

  constructor(options: ProgramsOptions = {}) {
    const { clientsDir = CLIENTS_DIR, owners = [0], catalogue = CATALOGUE, now = systemClock.now } = options;
    this.#clientsDir = clientsDir;
    this.#owners = owners;
    this.#clients = clientsOf(catalogue);
    this.#now = now;
  }

  /** The absolute path of a program, as of the last `refresh`; undefined: it is not on the host. */
  programOf(client: string, version: string): string | undefined {
    return this.#found.get(idOf(client, version));
  }

  /** When `programOf` last changed what it knows, monotonic ms. */
  get foundAt(): number {
    return this.#foundAt;
  }

  /** Looks again once a minute, or now if a program is missing. */
  async refreshIfDue(isMissing: boolean, signal: AbortSignal): Promise<void> {
    if (isMissing || this.#now() - this.#lookedAt >= LOOK_MS) {
      await this.refresh(signal);
    }
  }

  /**
   * Looks again. A system program is asked for its version only if it has changed, or if it failed
   * a minute ago; that takes at most 5 s for each, and its environment is empty. Never rejects: a
   * program that cannot be seen is not there. `signal` ends it at once, and leaves no process.
   */
  async refresh(signal: AbortSignal = NEVER): Promise<void> {
    const found = new Map<string, string>();
    for (const client of this.#clients) {
      for (const { version, systemProgram } of client.versions) {
        const own = ownPlace(client.client, version, this.#clientsDir);
        if ((await this.#look(own)) !== undefined) {
          found.set(idOf(client.client, version), own);
        } else if (
          systemProgram !== null &&
          (await this.#versionOf(systemProgram, client, signal)) === version
        ) {
          found.set(idOf(client.client, version), systemProgram);
        }
      }
    }
    if (signal.aborted) {
      return;
    }
    this.#lookedAt = this.#now();
    if (!isDeepStrictEqual(found, this.#found)) {
      this.#found = found;
      this.#foundAt = this.#lookedAt;
    }
  }

  /** What tells a file from a changed one; undefined: no program that is safe to run. */
  async #look(path: string): Promise<string | undefined> {
    try {
      const { dev, ino, mode, uid, size, mtimeMs, ctimeMs, isFile } = await lookAt(path);
      const isSafe = isFile && (mode & 0o111) !== 0 && (mode & 0o022) === 0 && this.#owners.includes(uid);
      return isSafe ? [dev, ino, mode, size, mtimeMs, ctimeMs].join(" ") : undefined;
    } catch {
      return undefined;
    }
  }

  async #versionOf(
    path: string,
    { versionCheck }: ChainClient,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const seen = await this.#look(path);
    if (seen === undefined || signal.aborted) {
      return undefined;
    }
    const known = this.#asked.get(path);
    if (known?.seen === seen && (known.retryAt === undefined || this.#now() < known.retryAt)) {
      return known.version;
    }
    const output = await outputOf(path, versionCheck.arguments, signal);
    if (signal.aborted) {
      return undefined;
    }
    const version = new RegExp(versionCheck.pattern, "u").exec(output ?? "")?.[1];
    const retryAt = output === undefined ? this.#now() + RETRY_MS : undefined;
    this.#asked.set(path, { seen, version, retryAt });
    return version;
  }
}

/** Where the program of a client is looked for, for a message. */
export function placesOf(client: string, version: string, clientsDir = CLIENTS_DIR): readonly string[] {
  const known = clientsOf(CATALOGUE).find((each) => each.client === client);
  const system = known?.versions.find((each) => each.version === version)?.systemProgram ?? null;
  return [ownPlace(client, version, clientsDir), ...(system === null ? [] : [system])];
}

function clientsOf(catalogue: readonly ChainAdapter[]): readonly ChainClient[] {
  return catalogue.flatMap(({ roles }) => roles.flatMap(({ clients }) => clients));
}

function ownPlace(client: string, version: string, clientsDir: string): string {
  return join(clientsDir, client, version, client);
}

function idOf(client: string, version: string): string {
  return `${client} ${version}`;
}

async function lookAt(path: string) {
  const found = await stat(path);
  return { ...found, isFile: found.isFile() };
}

/** Both outputs of a program that ended by itself; undefined: it did not. */
async function outputOf(
  path: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const asked = run(path, [...args], {
    cwd: "/",
    env: {},
    timeout: CHECK_TIMEOUT_MS,
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  // execFile's own `signal` sends SIGTERM, which a program can ignore.
  const end = () => kill(asked.child);
  signal.addEventListener("abort", end, { once: true });
  try {
    const { stdout, stderr } = await asked;
    return `${stdout}\n${stderr}`;
  } catch {
    return undefined;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** A child of the program may hold its outputs, and is not waited for. */
function kill(program: ChildProcess): void {
  program.stdout?.destroy();
  program.stderr?.destroy();
  program.kill("SIGKILL");
}
