import { constants, type FSWatcher, type WatchListener, watch } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { errorCode } from "../../../lib/errors.ts";
import { placesOf } from "./file-places.ts";
import { isOnLocalFileSystem } from "./local-file-system.ts";

/** Waits for nobody, such as a FIFO's writer. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** inotify's listeners for one file. */
export interface FileListeners {
  readonly watchers: readonly FSWatcher[];
  /** False where the file can change and none of them hears of it. */
  readonly hearAll: boolean;
}

/**
 * Listens in the folder of `file` and of each link on the way to it, and to the file itself, for
 * what is written through another mount of it (`docker -v`). Rejects with a system error where that
 * is not allowed, or there are too many listeners. Makes none once `signal` has aborted.
 *
 * Node asks the kernel for a listener in its only thread, and there the kernel looks the path up:
 * on a file system that begins to hang, it would stop the agent. So each place is opened first, in
 * a thread of its own, and the listener is for what is open, wherever its path leads by now. There
 * is none where another host or a program answers for the file system: the kernel may ask it for
 * the rights even then, and is told of nothing that others change there.
 */
export async function listenFor(file: string, hint: () => void, signal: AbortSignal): Promise<FileListeners> {
  await using held = new AsyncDisposableStack();
  const listeners: (() => FSWatcher)[] = [];
  let hearAll = true;

  async function prepare(path: string, suffix: string, listener: WatchListener<string>): Promise<void> {
    const { fd } = held.use(await open(path, FLAGS));
    const place = `/proc/self/fd/${fd}`;
    if (await isOnLocalFileSystem(place)) {
      listeners.push(() => watch(`${place}${suffix}`, listener));
    } else {
      hearAll = false;
    }
  }

  const places = await placesOf(file);
  // What happens to a folder itself has the last part of the path that it is listened to by.
  const names = new Set<string | null>([".", ...places.map((place) => basename(place))]);
  for (const folder of new Set(places.map((place) => dirname(place)))) {
    try {
      await prepare(folder, "/.", (_event, name) => void (names.has(name) && hint()));
    } catch (error) {
      if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") {
        throw error;
      }
      hearAll = false;
    }
  }
  // Where the file is not there, or not for this user, its folder tells when it is.
  await prepare(places[0], "", hint).catch(() => {});
  return { watchers: signal.aborted ? [] : begin(listeners), hearAll };
}

function begin(listeners: readonly (() => FSWatcher)[]): readonly FSWatcher[] {
  const watchers: FSWatcher[] = [];
  try {
    for (const listen of listeners) {
      watchers.push(listen());
    }
    return watchers;
  } catch (error) {
    for (const watcher of watchers) {
      watcher.close();
    }
    throw error;
  }
}
