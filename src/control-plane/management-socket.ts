import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { errorCode, OperatorError } from "../lib/errors.ts";

/**
 * Listens on the Unix socket at `path`, readable and writable by the owner alone from its first moment on: it is all
 * that protects management. A socket that nobody listens on any more is replaced; rejects with an OperatorError where
 * another control plane has it, or where something else is in the way.
 */
export async function listenOnManagementSocket(server: Server, path: string): Promise<void> {
  await removeStaleSocket(path);
  // The file is made inside listen(), so nothing else is made under this mask.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  try {
    await once(server, "listening");
  } catch (error) {
    throw new OperatorError(`cannot listen on the management socket ${path}`, { cause: error });
  }
}

async function removeStaleSocket(path: string): Promise<void> {
  const before = inode(path);
  if (before === undefined) return;
  if (await isAnswered(path)) {
    throw new OperatorError(
      `another control plane is listening on ${path}: stop it, or give this one a MANAGEMENT_SOCKET of its own`,
    );
  }
  if (inode(path) === before) unlinkSync(path);
}

/** Undefined where there is nothing; an OperatorError where there is a file that is no socket. */
function inode(path: string): bigint | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || stat.isSocket()) return stat?.ino;
  throw new OperatorError(
    `${path} is in the way of the management socket and is no socket: remove or rename it`,
  );
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    if (errorCode(error) === "ECONNREFUSED" || errorCode(error) === "ENOENT") return false;
    throw new OperatorError(`cannot tell whether a control plane listens on ${path}`, { cause: error });
  } finally {
    socket.destroy();
  }
}
