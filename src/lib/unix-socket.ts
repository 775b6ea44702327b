import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { linkSync, lstatSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { errorCode } from "./errors.ts";

/** sockaddr_un has 108 bytes for a path and its end (unix(7)). */
const MAX_PATH_BYTES = 107;
/** `listenOnUnixSocket` makes the socket under a name with as many. */
const MADE_NAME_BYTES = 10;

/** Why no socket can be at `path`: the kernel allows 107 bytes. Undefined if one can. */
export function socketPathProblem(path: string): string | undefined {
  const folder = Buffer.byteLength(dirname(path));
  const bytes = Math.max(Buffer.byteLength(path), folder + 1 + MADE_NAME_BYTES);
  return bytes <= MAX_PATH_BYTES
    ? undefined
    : `the path of a socket has at most ${MAX_PATH_BYTES} bytes, and this one needs ${bytes}`;
}

/** The file of a Unix socket that a server of this process listens on. */
export interface UnixSocket {
  /**
   * Removes the file if it still belongs to this server: another process may use the name by now.
   */
  remove(): void;
}

/**
 * Listens on a Unix socket at `path`, created under `umask`. Rejects with EEXIST if `path` exists.
 * The socket is created under another name and then linked to `path`: Node removes a socket under
 * the name that it was created with, and by then `path` may belong to another process.
 */
export async function listenOnUnixSocket(server: Server, path: string, umask: number): Promise<UnixSocket> {
  // Ten characters: the kernel allows only 107 for the whole path.
  const made = join(dirname(path), `.${randomBytes(5).toString("hex").slice(1)}`);
  const listening = once(server, "listening");
  // The file is created inside listen(), so nothing else is created under this mask.
  const before = process.umask(umask);
  try {
    server.listen(made);
  } finally {
    process.umask(before);
  }
  await listening;
  try {
    const { ino } = lstatSync(made);
    linkSync(made, path);
    return { remove: () => removeOwn(path, ino) };
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(made, { force: true });
  }
}

/**
 * Whether a process listens at `path`. A socket that a dead process left behind refuses at once.
 * Rejects if that cannot be found out, such as without permission.
 */
export async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    if (["ENOENT", "ECONNREFUSED", "ENOTSOCK"].includes(errorCode(error) ?? "")) {
      return false;
    }
    throw error;
  } finally {
    socket.destroy();
  }
}

function removeOwn(path: string, ino: number): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) {
    rmSync(path, { force: true });
  }
}
