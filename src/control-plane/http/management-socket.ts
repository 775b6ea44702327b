import { type BigIntStats, lstatSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { errorCode, OperatorError } from "../../lib/errors.ts";
import { writeProblem } from "../../lib/files/access-problem.ts";
import { writeFailure } from "../../lib/files/write-failure.ts";
import { isAnswered, listenOnUnixSocket, type UnixSocket } from "../../lib/unix-socket.ts";

/**
 * Listens on the Unix socket at `path`. From its first moment only its owner can open it: its mode
 * is all that protects management. Replaces a stale socket. Rejects with an OperatorError if
 * another control plane listens there, or if the path is no socket.
 */
export async function listenOnManagementSocket(server: Server, path: string): Promise<UnixSocket> {
  await removeStaleSocket(path);
  try {
    return await listenOnUnixSocket(server, path, 0o177);
  } catch (error) {
    // Another control plane started at the same moment.
    if (errorCode(error) === "EEXIST") {
      throw isTaken(path);
    }
    throw notListening(path, error);
  }
}

/** If a folder or a mode is in the way, says which; else the system has its own words. */
function notListening(path: string, error: unknown): OperatorError {
  const message = `cannot listen on the management socket ${path}`;
  if (!IN_THE_WAY.has(errorCode(error) ?? "")) {
    return new OperatorError(message, { cause: error });
  }
  const { problem, fix } = writeFailure(path, error, "novacula-control-plane");
  return new CommandError("failed", `${message}: ${problem}`, { fix });
}

const IN_THE_WAY: ReadonlySet<string> = new Set(["ENOTDIR", "EACCES", "EPERM", "EROFS", "ENOSPC"]);

async function removeStaleSocket(path: string): Promise<void> {
  const before = inode(path);
  if (before === undefined) {
    return;
  }
  if (await isListenedOn(path)) {
    throw isTaken(path);
  }
  if (inode(path) === before) {
    try {
      unlinkSync(path);
    } catch (error) {
      throw notListening(path, error);
    }
  }
}

function isTaken(path: string): OperatorError {
  return new OperatorError(
    `another control plane is listening on ${path}: stop it, or give this one a MANAGEMENT_SOCKET of its own`,
  );
}

/** Undefined if nothing is there; throws an OperatorError if it is no socket, or cannot be seen. */
function inode(path: string): bigint | undefined {
  const stat = statIfThere(path);
  if (stat === undefined || stat.isSocket()) {
    return stat?.ino;
  }
  throw new OperatorError(
    `${path} is not a socket, but the management socket belongs there: remove or rename it`,
  );
}

function statIfThere(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw notListening(path, error);
  }
}

async function isListenedOn(path: string): Promise<boolean> {
  try {
    return await isAnswered(path);
  } catch (error) {
    const message = `cannot find out whether a control plane listens on ${path}`;
    const trouble = writeProblem(dirname(path), [path], "novacula-control-plane");
    throw trouble === undefined
      ? new OperatorError(message, { cause: error })
      : new CommandError("failed", `${message}: ${trouble.problem}`, { fix: trouble.fix });
  }
}
