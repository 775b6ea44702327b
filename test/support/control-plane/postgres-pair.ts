import { freePort } from "../free-port.ts";
import { postgresFolder } from "./postgres-folder.ts";
import { query } from "./store/postgres-databases.ts";

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
  const { url, command, initialize, start, stop } = postgresFolder();
  const [port, standbyPort] = [await freePort(), await freePort()];
  await initialize("primary");
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
