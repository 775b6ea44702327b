import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { linkSync, lstatSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { errorCode } from "./errors.ts";

/** The file of a Unix socket that a server of this process listens on. */
export interface UnixSocket {
  /**
   * Removes the file if it is still that of this server: another process may use the name by now.
   */
  remove(): void;
}

/** Listens on a Unix socket at `path`, made under `umask`. Rejects with EEXIST if `path` exists.

The socket is made under another name and then linked. Node removes a socket under the name it was made with, and by then `path` may belong to another process. */
export async function listenOnUnixSocket(server: Server, path: string, umask: number): Promise<UnixSocket> {
  // Ten characters: the kernel allows 107 for the whole path.
  const made = join(dirname(path), `.${randomBytes(5).toString("hex").slice(1)}`);
  const listening = once(server, "listening");
  // The file is made inside listen(), so nothing else is made under this mask.
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
