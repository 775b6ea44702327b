import { unwatchFile, watchFile } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { inTime, NoFileAnswer } from "../../../lib/files/file-answer.ts";
import { type FileListeners, listenFor } from "./file-listeners.ts";

/**
 * How often each file is looked at: by device, inode, size, mode and times in nanoseconds, of which ctime sees a chmod
 * and a write that keeps size and mtime. By watchFile, whose looks are libuv's and wake no JavaScript: to be awake is
 * most of what an idle agent costs (`npm run bench -- rest`).
 */
const LOOK_MS = 5000;
/** Where the system tells of nothing, the looks alone must be quick enough for those who wait. */
const LOOK_ALONE_MS = 1000;

/** A write announces itself several times; one look serves them all. */
const SETTLE_MS = 20;

export interface Hints {
  /** Which files to listen for from now on, as they are found now. */
  watch(files: readonly string[]): Promise<void>;
  /** Resolves at the next sign of a change, after `ms` at the latest, or when `signal` aborts. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Two sources of hints; nothing depends on their coming. For speed, inotify. For what nobody is
 * notified of (a file system that is mounted over, another host on a network's) a look at each
 * file. inotify's errors degrade speed, not certainty. While a file does not answer there are none
 * of them: then the reader looks each second.
 */
export function createHints({ onDegraded }: { readonly onDegraded: (reason: string) => void }): Hints {
  let watched = "";
  let sources: readonly { close(): unknown }[] = [];
  let isDegraded = false;
  let isPartial = false;
  let isHinted = false;
  let wake: (() => void) | undefined;

  function hint(): void {
    isHinted = true;
    wake?.();
  }

  /** Said once: a look a second costs little, and nobody need do anything. */
  function degrade(error: unknown): void {
    if (!isDegraded) {
      onDegraded(error instanceof Error ? error.message : String(error));
    }
    isDegraded = true;
  }

  async function listenersOf(file: string, signal: AbortSignal): Promise<FileListeners> {
    try {
      const listeners = await listenFor(file, hint, signal);
      for (const listener of listeners.listeners) {
        listener.on("error", degrade);
      }
      return listeners;
    } catch (error) {
      if (!signal.aborted) {
        degrade(error);
      }
      return { listeners: [], hearAll: false };
    }
  }

  function close(): void {
    for (const source of sources) {
      source.close();
    }
    sources = [];
  }

  return {
    async watch(files) {
      const identities = await answersOf(files, identityOf);
      isPartial = identities.size < files.length;
      const found = [...identities.values()].join("\n");
      if (found === watched) {
        return;
      }
      watched = found;
      close();
      if (isPartial) {
        return;
      }
      const listeners = await answersOf(files, listenersOf);
      sources = [...listeners.values()].flatMap(({ listeners: made }) => made);
      isPartial = listeners.size < files.length;
      if (isPartial) {
        // Begins anew when all answer. Until then a look at one that does not would hang as well.
        watched = "";
        return;
      }
      const looks = files.map((file) =>
        lookAt(file, listeners.get(file)?.hearAll === true ? LOOK_MS : LOOK_ALONE_MS, hint),
      );
      sources = [...sources, ...looks];
      // What changed before there was somebody to see it is in nobody's memory.
      isHinted = true;
    },
    async next(ms, signal) {
      if (signal.aborted) {
        return;
      }
      if (!isHinted) {
        await new Promise<void>((resolve) => {
          const finish = () => {
            clearTimeout(timer);
            signal.removeEventListener("abort", finish);
            wake = undefined;
            resolve();
          };
          const timer = setTimeout(finish, isPartial ? Math.min(ms, LOOK_ALONE_MS) : ms);
          signal.addEventListener("abort", finish);
          wake = finish;
        });
      }
      if (isHinted && !signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      }
      isHinted = false;
    },
    close,
  };
}

/**
 * What `question` comes to for each file that answers; one after the other, for each holds a
 * thread.
 */
async function answersOf<T>(
  files: readonly string[],
  question: (file: string, signal: AbortSignal) => Promise<T>,
) {
  const answers = new Map<string, T>();
  for (const file of files) {
    try {
      answers.set(file, await inTime(file, (signal) => question(file, signal)));
    } catch (error) {
      if (!(error instanceof NoFileAnswer)) {
        throw error;
      }
    }
  }
  return answers;
}

/** Which file it is, and where: another one under the same name wants listeners of its own. */
async function identityOf(file: string): Promise<string> {
  try {
    const { dev, ino } = await stat(file, { bigint: true });
    return [file, await realpath(file), dev, ino].join("\0");
  } catch {
    return file;
  }
}

function lookAt(file: string, ms: number, hint: () => void) {
  watchFile(file, { interval: ms }, hint);
  return { close: () => unwatchFile(file, hint) };
}
