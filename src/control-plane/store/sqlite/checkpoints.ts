import { Worker } from "node:worker_threads";

const INTERVAL_MS = 1000;

/** As text: the single binary has no second file to run. A checkpoint that finds the database busy is made the next time. */
const TASK = `
  const { DatabaseSync } = require("node:sqlite");
  const { workerData } = require("node:worker_threads");
  const database = new DatabaseSync(workerData.path, { timeout: 0 });
  setInterval(() => {
    try {
      database.exec("pragma wal_checkpoint(passive)");
    } catch {}
  }, workerData.intervalMs);
`;

/**
 * Moves what was written from the log into the database, on a thread of its own: it waits for the disk, and on the
 * server's own thread every executor would wait with it (measured: 2,000 syncs a second did not get through on a busy
 * disk). Where the thread cannot run, SQLite does it in time (`wal_autocheckpoint` in store.ts).
 */
export function startCheckpoints(path: string): { stop(): Promise<void> } {
  const worker = new Worker(TASK, { eval: true, workerData: { path, intervalMs: INTERVAL_MS } });
  worker.on("error", () => {});
  worker.unref();
  return {
    async stop() {
      await worker.terminate();
    },
  };
}
