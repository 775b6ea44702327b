import { unwatchFile, watchFile } from "node:fs";
import { dirname } from "node:path";
import { type FSWatcher, watch } from "chokidar";

/**
 * How often each file is looked at, by device, inode, size, mode and times in nanoseconds: ctime sees a chmod and a
 * write that keeps size and mtime. By watchFile, whose looks are libuv's: a third of what the same look costs from
 * JavaScript, and it is most of what an idle agent does (`npm run bench -- rest`).
 */
const LOOK_MS = 1000;

/** A write announces itself several times; one look serves them all. */
const SETTLE_MS = 20;

export interface Hints {
  /** Which files to listen for from now on. */
  watch(files: readonly string[]): void;
  /** Resolves at the next sign of a change, after `ms` at the latest, or when `signal` aborts. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Two sources of hints; nothing depends on their coming. chokidar on the files' folders is there for speed: what it
 * misses (bind mounts, retargeted parent links, a file that becomes a Kubernetes mount) a look at each file finds within
 * a second. chokidar's errors degrade speed, not certainty.
 */
export function createHints({ onDegraded }: { readonly onDegraded: (reason: string) => void }): Hints {
  let watcher: FSWatcher | undefined;
  let watched: readonly string[] = [];
  let isHinted = false;
  let wake: (() => void) | undefined;

  function hint(): void {
    isHinted = true;
    wake?.();
  }

  return {
    watch(files) {
      if (files.join("\n") === watched.join("\n")) return;
      void watcher?.close();
      for (const file of watched) unwatchFile(file, hint);
      for (const file of files) watchFile(file, { interval: LOOK_MS }, hint);
      watched = files;
      // What changed before the first look at a file is in nobody's memory.
      isHinted = true;
      const folders = [...new Set(files.map((file) => dirname(file)))];
      const names = new Set([...files, ...folders]);
      watcher = watch(folders, {
        depth: 0,
        ignoreInitial: true,
        ignored: (path) => !names.has(path) && !path.includes("..data"),
      });
      watcher.on("all", hint);
      watcher.on("error", (error) => onDegraded(error instanceof Error ? error.message : String(error)));
    },
    async next(ms, signal) {
      if (signal.aborted) return;
      if (!isHinted) {
        await new Promise<void>((resolve) => {
          const finish = () => {
            clearTimeout(timer);
            signal.removeEventListener("abort", finish);
            wake = undefined;
            resolve();
          };
          const timer = setTimeout(finish, ms);
          signal.addEventListener("abort", finish);
          wake = finish;
        });
      }
      if (isHinted && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      isHinted = false;
    },
    async close() {
      for (const file of watched) unwatchFile(file, hint);
      await watcher?.close();
    },
  };
}
