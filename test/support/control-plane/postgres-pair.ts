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
import { freePort } from "../free-port.ts";
import { NOBODY, postgresServer } from "./postgres.ts";
import { query } from "./store/postgres-databases.ts";

const run = promisify(execFile);
/** PostgreSQL refuses to run as root. */
const user = process.geteuid?.() === 0 ? NOBODY : {};

/** A server of its own with a standby, both real. */
export interface PostgresPair {
  /** Of the primary, for DATABASE_URL; after a failover of the standby, which takes its port. */
  readonly url: string;
  /** Whether changes are acknowledged only once the standby has them. */
  setSynchronous(isSynchronous: boolean): Promise<void>;
  /** Kills the primary, promotes the standby, and starts it at the address of the primary. */
  failOver(): Promise<void>;
}

export async function startPostgresPair(): Promise<PostgresPair> {
  const { bin } = await postgresServer();
  const folder = mkdtempSync(join(tmpdir(), "nova-pair-"));
  if (process.geteuid?.() === 0) {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
  }
  const password = randomBytes(12).toString("hex");
  noteKey(password);
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const env = { PATH: process.env["PATH"], PGPASSWORD: password };
  const command = (name: string, ...args: string[]) =>
    run(join(bin, name), args, { ...user, cwd: folder, env });
  const running = new Set<ChildProcess>();
  const [port, standbyPort] = [await freePort(), await freePort()];
  const url = (of: number) => `postgres://postgres:${password}@127.0.0.1:${of}/postgres`;
  const start = async (data: string, at: number) => {
    const options = [
      "-D",
      data,
      "-p",
      String(at),
      "-k",
      folder,
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "fsync=off",
    ];
    const child = spawn(join(bin, "postgres"), options, { ...user, cwd: folder, env, stdio: "ignore" });
    running.add(child);
    await eventually(() => query(url(at), "select 1"), { timeoutMs: 60_000, describe: `${data} answers` });
    return child;
  };
  const stop = async (child: ChildProcess, signal: NodeJS.Signals) => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.kill(signal);
    await ended;
    running.delete(child);
  };
  onTestFinished(async () => {
    await Promise.all([...running].map((child) => stop(child, "SIGQUIT")));
    rmSync(folder, { recursive: true, force: true });
  });

  await command(
    "initdb",
    ...["--pgdata=primary", "--username=postgres", `--pwfile=${passwordFile}`, "--auth=password"],
    ...["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
  );
  const primary = await start("primary", port);
  const from = ["--host=127.0.0.1", `--port=${port}`, "--username=postgres", "--pgdata=standby"];
  await command("pg_basebackup", ...from, "--write-recovery-conf", "--checkpoint=fast", "--no-sync");
  const standby = await start("standby", standbyPort);
  return {
    url: url(port),
    async setSynchronous(isSynchronous) {
      const names = isSynchronous ? "*" : "";
      await query(url(port), `alter system set synchronous_standby_names = '${names}'`);
      await query(url(port), "select pg_reload_conf()");
    },
    async failOver() {
      await stop(primary, "SIGKILL");
      await query(url(standbyPort), "select pg_promote()");
      // Of the server whose place it takes: it has no standby of its own.
      await query(url(standbyPort), "alter system set synchronous_standby_names = ''");
      await stop(standby, "SIGINT");
      await start("standby", port);
    },
  };
}
