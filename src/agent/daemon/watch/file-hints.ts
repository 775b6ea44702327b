import { unwatchFile, watchFile, watch as watchInode } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { watch as watchFolders } from "chokidar";
import { inTime, NoFileAnswer } from "../../../lib/files/file-answer.ts";
import { placesOf } from "./file-places.ts";

/**
 * How often each file is looked at: by device, inode, size, mode and times in nanoseconds, of which ctime sees a chmod
 * and a write that keeps size and mtime. By watchFile, whose looks are libuv's and wake no JavaScript: to be awake is
 * most of what an idle agent costs (`npm run bench -- rest`).
 */
const LOOK_MS = 5000;
/** Where the system notifies of nothing, the looks alone must be quick enough for those who wait. */
const LOOK_ALONE_MS = 1000;

/** A write announces itself several times; one look serves them all. */
const SETTLE_MS = 20;

export interface Hints {
  /** Which files to listen for from now on, as they are found now. */
  watch(files: readonly string[]): Promise<void>;
  /** Resolves at the next sign of a change, after `ms` at the latest, or when `signal` aborts. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Three sources of hints; nothing depends on their coming. For speed, inotify: chokidar on the
 * folder of each file and of each link on the way to it, and the file itself, for what is written
 * through another mount of it (`docker -v`). For what nobody is notified of (a file system that is
 * mounted over, another host on a network's) a look at each file. inotify's errors degrade speed,
 * not certainty. While a file does not answer there are none of them: each touches its neighbours
 * too, and would hang with it. Then the reader looks each second.
 */
export function createHints({ onDegraded }: { readonly onDegraded: (reason: string) => void }): Hints {
  let watched = "";
  let sources: readonly { close(): void | Promise<void> }[] = [];
  let lookMs = LOOK_MS;
  let isPartial = false;
  let isHinted = false;
  let wake: (() => void) | undefined;

  function hint(): void {
    isHinted = true;
    wake?.();
  }

  /** For good: whatever it was may come again, and a look a second costs little. */
  function degrade(error: unknown): void {
    if (lookMs === LOOK_ALONE_MS) {
      return;
    }
    onDegraded(error instanceof Error ? error.message : String(error));
    lookMs = LOOK_ALONE_MS;
    // So that `watch` begins anew, at the other pace.
    watched = "";
    hint();
  }

  async function close(): Promise<void> {
    const ended = sources;
    sources = [];
    await Promise.all(ended.map((source) => source.close()));
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
      void close();
      if (isPartial) {
        return;
      }
      const places = [...(await answersOf([...identities.keys()], placesOf)).values()];
      sources = [
        listenInFolders(places.flat(), hint, degrade),
        ...places.flatMap(([end]) => listenTo(end, hint)),
        ...[...identities.keys()].map((file) => lookAt(file, lookMs, hint)),
      ];
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
async function answersOf<T>(files: readonly string[], question: (file: string) => Promise<T>) {
  const answers = new Map<string, T>();
  for (const file of files) {
    try {
      answers.set(file, await inTime(file, () => question(file)));
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

function listenInFolders(places: readonly string[], hint: () => void, degrade: (error: unknown) => void) {
  const folders = [...new Set(places.map((place) => dirname(place)))];
  const names = new Set([...places, ...folders]);
  const options = { depth: 0, ignoreInitial: true, followSymlinks: false };
  const watcher = watchFolders(folders, { ...options, ignored: (path) => !names.has(path) });
  watcher.on("all", hint);
  watcher.on("error", degrade);
  return watcher;
}

/** By its inode, however it is reached. None where the file is not there; its folder tells when it is. */
function listenTo(file: string, hint: () => void) {
  try {
    const watcher = watchInode(file, hint);
    watcher.on("error", hint);
    return [watcher];
  } catch {
    return [];
  }
}

function lookAt(file: string, ms: number, hint: () => void) {
  watchFile(file, { interval: ms }, hint);
  return { close: () => unwatchFile(file, hint) };
}
