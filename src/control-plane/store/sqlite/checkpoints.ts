import { Worker } from "node:worker_threads";

const INTERVAL_MS = 1000;

/**
 * A text, because the single binary has no second file to run. If the database is busy, the next
 * tick makes the checkpoint.
 */
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
 * Moves writes from the log into the database, on a thread of its own. A checkpoint waits for the
 * disk, and on the server's thread every executor would wait too (measured: 2,000 syncs a second
 * failed on a busy disk). If the thread cannot run, SQLite makes checkpoints itself
 * (`wal_autocheckpoint` in open.ts).
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
