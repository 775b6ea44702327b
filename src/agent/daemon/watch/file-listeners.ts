import { once } from "node:events";
import { constants, watch as watchInode } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { watch as watchFolders } from "chokidar";
import { errorCode } from "../../../lib/errors.ts";
import { placesOf } from "./file-places.ts";
import { isOnLocalFileSystem } from "./local-file-system.ts";

/** Does not wait for anything, such as the writer of a FIFO. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** An inotify listener of chokidar's or of Node's. */
interface FileListener {
  on(event: "error", listener: (error: unknown) => void): unknown;
  close(): unknown;
}

/** The listeners for one file. */
export interface FileListeners {
  readonly listeners: readonly FileListener[];
  /** False if the file can change without any of them noticing. */
  readonly hearAll: boolean;
}

/**
 * Listens for changes of `file` in two ways: chokidar listens in its folder, and in the folder of
 * each link on the way to it; a listener on the file itself hears what is written through another
 * mount of it (`docker -v`). Rejects with a system error if there are too many listeners or the
 * user may not listen. Makes none once `signal` has aborted.
 *
 * Node asks the kernel for a listener in its only thread, and there the kernel looks up the path.
 * If a file system on the way hung, so would the agent. So a folder is listened to only if the
 * kernel alone answers for each part of its path, and the file is opened first, in a thread of the
 * pool. Where another host or a program answers, there is no listener: inotify does not hear what
 * others change there anyway.
 */
export async function listenFor(file: string, hint: () => void, signal: AbortSignal): Promise<FileListeners> {
  const places = await placesOf(file);
  const folders = [...new Set(places.map((place) => dirname(place)))];
  const local: string[] = [];
  for (const folder of folders) {
    if (await isLocalPath(folder)) {
      local.push(folder);
    }
  }
  await using held = await openHeld(places[0]);
  const isOwnLocal = held !== undefined && (await isOnLocalFileSystem(held.place));
  if (signal.aborted) {
    return { listeners: [], hearAll: false };
  }
  // A folder's own end is reported under the folder's name.
  const names = new Set([...places, ...local].map((place) => basename(place)));
  const hintOf = (name: string | null) => void ((name === null || names.has(name)) && hint());
  const ofFolders = local.length === 0 ? [] : [await listenIn(local, hintOf, signal)];
  const ofFile = isOwnLocal ? [watchInode(held.place, hint)] : [];
  return {
    listeners: [...ofFile, ...ofFolders],
    hearAll: local.length === folders.length && (held === undefined || isOwnLocal),
  };
}

/** Resolves once chokidar listens in all folders; rejects with the first error, or once aborted. */
async function listenIn(
  folders: readonly string[],
  onName: (name: string | null) => void,
  signal: AbortSignal,
): Promise<FileListener> {
  // Ignored: chokidar would listen to each entry by its path, and follow links. "raw" is enough.
  const ignored = (path: string) => !folders.includes(path);
  const watcher = watchFolders([...folders], {
    depth: 0,
    ignoreInitial: true,
    followSymlinks: false,
    ignored,
  });
  watcher.on("raw", (_event, name) => onName(name));
  try {
    await once(watcher, "ready", { signal });
    return watcher;
  } catch (error) {
    await watcher.close();
    throw error;
  }
}

/** False if another host or a program answers for a part of the path, or if it is not there. */
async function isLocalPath(folder: string): Promise<boolean> {
  try {
    for (let path = folder; ; path = dirname(path)) {
      if (!(await isOnLocalFileSystem(path))) {
        return false;
      }
      if (path === "/") {
        return true;
      }
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") {
      return false;
    }
    throw error;
  }
}

/**
 * Opens the file; `place` then leads to it, whatever happens to its path. Undefined if it is not
 * there, or not for this user: its folder tells when that changes.
 */
async function openHeld(file: string): Promise<(AsyncDisposable & { readonly place: string }) | undefined> {
  try {
    const handle = await open(file, FLAGS);
    return { place: `/proc/self/fd/${handle.fd}`, [Symbol.asyncDispose]: () => handle.close() };
  } catch {
    return undefined;
  }
}
