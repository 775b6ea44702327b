import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { noteKey } from "../canary.ts";
import { eventually } from "../eventually.ts";
import { NOBODY, postgresBin } from "./postgres.ts";
import { query } from "./store/postgres-databases.ts";

const run = promisify(execFile);
/** PostgreSQL refuses to run as root. */
const user = process.geteuid?.() === 0 ? NOBODY : {};

/** PostgreSQL servers that may be killed, in a folder of their own. */
export interface PostgresFolder {
  /** For DATABASE_URL: of a superuser. */
  url(port: number): string;
  /** Runs a program of PostgreSQL in the folder. */
  command(name: string, ...args: readonly string[]): Promise<unknown>;
  /** Makes the data of a new server, in a subfolder. */
  initialize(data: string): Promise<void>;
  /** Starts the server with that data; resolves when it answers. */
  start(data: string, port: number): Promise<ChildProcess>;
  /** Resolves when it has ended. */
  stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void>;
  /** Kills them at once, without the folder's removal. */
  kill(): void;
  /** Stops them all and removes the folder. */
  end(): Promise<void>;
}

/** For a test, with which it ends. Nothing is synced to the disk. */
export function postgresFolder(): PostgresFolder {
  const folder = openPostgresFolder(["fsync=off"]);
  onTestFinished(() => folder.end());
  return folder;
}

/** `settings` are those of postgresql.conf that differ from the defaults. */
export function openPostgresFolder(settings: readonly string[]): PostgresFolder {
  if (postgresBin === undefined) {
    throw new Error("no PostgreSQL server is installed");
  }
  const bin = postgresBin;
  const folder = mkdtempSync(join(tmpdir(), "nova-postgres-own-"));
  if (process.geteuid?.() === 0) {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
  }
  const password = randomBytes(12).toString("hex");
  noteKey(password);
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const options = { ...user, cwd: folder, env: { PATH: process.env["PATH"], PGPASSWORD: password } };
  const running = new Set<ChildProcess>();
  const url = (port: number) => `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const command = (name: string, ...args: readonly string[]) => run(join(bin, name), args, options);
  const spawnServer = (data: string, port: number) => {
    const own = ["listen_addresses=127.0.0.1", ...settings].flatMap((each) => ["-c", each]);
    const args = ["-D", data, "-p", String(port), "-k", folder, ...own];
    const child = spawn(join(bin, "postgres"), args, { ...options, stdio: "ignore" });
    running.add(child);
    return child;
  };
  const stop = async (child: ChildProcess, signal: NodeJS.Signals) => {
    const ended = hasEnded(child) ? undefined : once(child, "exit");
    child.kill(signal);
    await ended;
    running.delete(child);
  };
  return {
    url,
    command,
    async initialize(data) {
      await command(
        "initdb",
        ...[`--pgdata=${data}`, "--username=postgres", `--pwfile=${passwordFile}`, "--auth=password"],
        ...["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
      );
    },
    async start(data, port) {
      let child = spawnServer(data, port);
      await eventually(
        async () => {
          // While a process of a server that was killed is left, the next one ends at once.
          if (hasEnded(child)) {
            running.delete(child);
            child = spawnServer(data, port);
          }
          return await query(url(port), "select 1");
        },
        { timeoutMs: 60_000, describe: `${data} answers` },
      );
      return child;
    },
    stop,
    kill() {
      for (const child of running) {
        child.kill("SIGQUIT");
      }
    },
    async end() {
      await Promise.all([...running].map((child) => stop(child, "SIGQUIT")));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
