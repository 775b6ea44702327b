import { unwatchFile, watchFile } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { delay } from "../../../lib/delay.ts";
import { inTime, NoFileAnswer } from "../../../lib/files/file-answer.ts";
import { WaitList } from "../../../lib/wait-list.ts";
import { type FileListeners, listenFor } from "./file-listeners.ts";

/**
 * How often each file is looked at, ms: at its device, inode, size, mode and times in nanoseconds.
 * Of these, ctime reveals a chmod and a write that keeps size and mtime. watchFile looks in libuv
 * and wakes no JavaScript: most of what an idle agent costs is waking up (`npm run bench -- rest`).
 */
export interface LookCadence {
  /** Beside listeners that hear of every change. */
  readonly lookMs: number;
  /** Where the system tells of no changes, looks alone must be quick enough for those who wait. */
  readonly lookAloneMs: number;
}

/** A write causes several hints; after this time, ms, one read serves them all. */
const SETTLE_MS = 20;

/**
 * Two sources of hints that a file may have changed; nothing depends on them. inotify is quick. A
 * look at each file finds what inotify misses: a file system that is mounted over, another host's
 * change on a network file system. Errors of inotify cost speed, not certainty. While a file does
 * not answer there are no sources: the reader then looks each second.
 */
export class FileHints {
  readonly #onDegraded: (reason: string) => void;
  readonly #cadence: LookCadence;
  readonly #hints = new WaitList();
  readonly #hint = (): void => {
    this.#isHinted = true;
    this.#hints.wake();
  };
  #isHinted = false;
  /** The identities of the files that the sources are for. */
  #watched = "";
  #sources: readonly { close(): unknown }[] = [];
  #isDegraded = false;
  /** True while a file does not answer. */
  #isPartial = false;

  constructor(onDegraded: (reason: string) => void, cadence: LookCadence) {
    this.#onDegraded = onDegraded;
    this.#cadence = cadence;
  }

  /** Which files to listen for from now on, as they are found now. */
  async watch(files: readonly string[]): Promise<void> {
    const identities = await answersOf(files, identityOf);
    this.#isPartial = identities.size < files.length;
    const found = [...identities.values()].join("\n");
    if (found === this.#watched) {
      return;
    }
    this.#watched = found;
    this.close();
    if (!this.#isPartial) {
      await this.#listen(files);
    }
  }

  /** Resolves at the next hint, after `ms` at the latest, or when `signal` aborts. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isHinted) {
      const { lookAloneMs } = this.#cadence;
      await this.#hints.wait(this.#isPartial ? Math.min(ms, lookAloneMs) : ms, signal);
    }
    if (this.#isHinted) {
      await delay(SETTLE_MS, signal);
    }
    this.#isHinted = false;
  }

  close(): void {
    for (const source of this.#sources) {
      source.close();
    }
    this.#sources = [];
  }

  async #listen(files: readonly string[]): Promise<void> {
    const made = await answersOf(files, (file, signal) => this.#listenersOf(file, signal));
    this.#sources = [...made.values()].flatMap(({ listeners }) => listeners);
    this.#isPartial = made.size < files.length;
    if (this.#isPartial) {
      // Starts again once all files answer. Until then a look at one that hangs would hang as well.
      this.#watched = "";
      return;
    }
    const { lookMs, lookAloneMs } = this.#cadence;
    const looks = files.map((file) =>
      lookAt(file, made.get(file)?.hearAll === true ? lookMs : lookAloneMs, this.#hint),
    );
    this.#sources = [...this.#sources, ...looks];
    // Nothing noticed a change before the sources were there.
    this.#isHinted = true;
  }

  async #listenersOf(file: string, signal: AbortSignal): Promise<FileListeners> {
    try {
      const made = await listenFor(file, this.#hint, signal);
      for (const listener of made.listeners) {
        listener.on("error", (error) => this.#degrade(error));
      }
      return made;
    } catch (error) {
      if (!signal.aborted) {
        this.#degrade(error);
      }
      return { listeners: [], hearAll: false };
    }
  }

  /** Reported once: a look a second costs little, and nobody has to do anything. */
  #degrade(error: unknown): void {
    if (!this.#isDegraded) {
      this.#onDegraded(error instanceof Error ? error.message : String(error));
    }
    this.#isDegraded = true;
  }
}

/** The answer of each file that answers; one at a time, because each question holds a thread. */
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

/** Which file it is, and where: another file under the same name needs listeners of its own. */
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
