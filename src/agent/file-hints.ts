import { dirname } from "node:path";
import { type FSWatcher, watch } from "chokidar";

/** A write announces itself several times; one look serves them all. */
const SETTLE_MS = 20;

export interface Hints {
  /** Which files to listen for from now on. */
  watch(files: readonly string[]): void;
  /** Resolves at the next sign of a change, after `ms` at the latest, or when `signal` aborts. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** chokidar on the files' folders, as hints only: nothing depends on their coming. Its errors degrade speed, not certainty. */
export function createHints({ onDegraded }: { readonly onDegraded: (reason: string) => void }): Hints {
  let watcher: FSWatcher | undefined;
  let watched = "";
  let isHinted = false;
  let wake: (() => void) | undefined;

  function hint(): void {
    isHinted = true;
    wake?.();
  }

  return {
    watch(files) {
      if (files.join("\n") === watched) return;
      watched = files.join("\n");
      void watcher?.close();
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
      await watcher?.close();
    },
  };
}
