import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lacks } from "../requires.ts";

/** Needs root: a tmpfs in its own mount namespace, which ends with its process. */
export const LACKS_PRIVATE_MOUNTS = lacks(
  "the right to mount a small disk in a namespace of its own",
  spawnSync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]).status === 0,
);

/** The command that runs `command` with a disk of `sizeKiB` mounted on `directory`. */
export function onSmallDisk(
  directory: string,
  sizeKiB: number,
  command: readonly string[],
): [string, ...string[]] {
  const script = `mount -t tmpfs -o size=${sizeKiB}k,mode=700 tmpfs "$0" && exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, directory, ...command];
}

/** What can be done to the disk that the process `pid` sees at `directory`. */
export function diskOf(pid: number, directory: string) {
  const filler = join(`/proc/${pid}/root`, directory, "filler");
  return {
    /** Leaves no byte free. */
    fill(): void {
      for (const bytes of [1 << 20, 1 << 16, 4096, 256, 1]) {
        try {
          for (;;) {
            writeFileSync(filler, Buffer.alloc(bytes), { flag: "a" });
          }
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) {
            throw error;
          }
        }
      }
    },
    empty: (): void => rmSync(filler),
  };
}

/** Reads one row in a transaction, and stays in it. */
const READER = `
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(process.argv[1], { readOnly: true });
  database.exec("begin");
  database.prepare("select count(*) from sqlite_master").get();
  process.stdout.write("reads");
  setInterval(() => {}, 60_000);
`;

/**
 * Keeps a transaction open that reads the database of the process `pid`. As long as it is, no
 * checkpoint makes room in the write-ahead log (sqlite.org/wal.html): a disk that is full stays so.
 */
export async function holdLog(pid: number, databasePath: string): Promise<Disposable> {
  const command = ["--target", String(pid), "--mount", process.execPath, "-e", READER, databasePath];
  const reader = spawn("nsenter", command, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(reader, "close").then(() => {
    throw new Error("the reader ended");
  });
  ended.catch(() => {});
  await Promise.race([once(reader.stdout, "data"), ended]);
  return { [Symbol.dispose]: () => void reader.kill("SIGKILL") };
}
