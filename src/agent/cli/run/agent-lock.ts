import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { inTime, NoFileAnswer } from "../../../lib/files/file-answer.ts";
import { makeFolder } from "../../../lib/files/make-folder.ts";
import { writeFailure } from "../../../lib/files/write-failure.ts";
import { printable } from "../../../lib/printable.ts";
import { lockFile } from "../../systemd/flock.ts";
import { findHolder, introduce, taken } from "./lock-holder.ts";

/**
 * The folders that only one agent may use: one runs on a host (`data_dir`), and one answers on the
 * socket (`runtime_dir`).
 */
const FOLDERS = {
  data_dir: { name: "agent.lock", mode: 0o700 },
  runtime_dir: { name: "agent.sock.lock", mode: 0o755 },
} as const;

/** A lock on a removed file protects nothing, so try again. Nobody removes it 100 times. */
const TRIES = 100;
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The folder cannot hold a lock. Either it is missing or not writable, so no agent holds one; or it
 * does not answer, so it is unknown whether an agent holds one.
 */
export class NoPlaceForLock extends OperatorError {
  override readonly name = "NoPlaceForLock";
}

/**
 * Makes this process the only agent that uses `folder`, until it ends. It holds a kernel lock on a
 * file (mode 0600) in the folder; the file stays. Rejects with an OperatorError that names another
 * holder, or with a NoPlaceForLock if the folder cannot hold a lock.
 */
export async function lockFolder(folder: string, setting: keyof typeof FOLDERS): Promise<Disposable> {
  try {
    return await lockInTime(folder, setting);
  } catch (error) {
    if (!(error instanceof NoFileAnswer)) {
      throw error;
    }
    throw new NoPlaceForLock(
      `agent.${setting} ${printable(folder, 4096)} ${error.message}. Fix: check the mount that it is on`,
    );
  }
}

async function lockInTime(folder: string, setting: keyof typeof FOLDERS): Promise<Disposable> {
  const path = join(folder, FOLDERS[setting].name);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const file = await inTime(folder, (signal) => openLock(folder, setting, signal));
    const close = () => void file.close().catch(() => {});
    try {
      if (!(await locked(file, path, setting))) {
        throw await taken(await findHolder(file, folder), folder, setting);
      }
      if (await inTime(folder, () => isAt(file, path))) {
        await introduce(file, folder);
        return { [Symbol.dispose]: close };
      }
    } catch (error) {
      close();
      throw error;
    }
    close();
  }
  throw new OperatorError(`cannot lock ${path}: another program keeps removing it`);
}

async function openLock(
  folder: string,
  setting: keyof typeof FOLDERS,
  signal: AbortSignal,
): Promise<FileHandle> {
  const { name, mode } = FOLDERS[setting];
  await ensureFolder(folder, setting, mode);
  const file = await openRegular(join(folder, name), setting);
  if (signal.aborted) {
    await file.close();
  }
  return file;
}

async function ensureFolder(folder: string, setting: string, mode: number): Promise<void> {
  try {
    await makeFolder(folder, mode);
  } catch (error) {
    const { problem, fix } = writeFailure(join(folder, "x"), error, "novacula-agent");
    throw new NoPlaceForLock(
      `cannot create agent.${setting} ${printable(folder, 4096)}: ${problem}. Fix: set it to another folder, or ${fix}`,
    );
  }
}

async function openRegular(path: string, setting: string): Promise<FileHandle> {
  try {
    const file = await openAtAnyMode(path);
    if ((await file.stat()).isFile()) {
      return file;
    }
    await file.close();
  } catch (error) {
    const Unusable = (await mayBeThere(path)) ? OperatorError : NoPlaceForLock;
    const { problem, fix } = writeFailure(path, error, "novacula-agent");
    throw new Unusable(
      `cannot open ${printable(path, 4096)}, the lock that lets only one agent run (agent.${setting}): ${problem}. Fix: ${fix}`,
    );
  }
  throw new OperatorError(
    `${path} must be a regular file, because it is the lock of the agent. Fix: remove it`,
  );
}

/** True also if this user cannot look into the folder: another user's agent may hold the lock. */
async function mayBeThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: unknown) => errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR",
  );
}

/** A file on a read-only disk can be locked too. Only the holder's entry cannot be written. */
async function openAtAnyMode(path: string): Promise<FileHandle> {
  try {
    return await open(path, FLAGS, 0o600);
  } catch (error) {
    if (errorCode(error) !== "EROFS") {
      throw error;
    }
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }
}

async function locked(file: FileHandle, path: string, setting: string): Promise<boolean> {
  try {
    return await lockFile(file.fd);
  } catch (error) {
    throw new OperatorError(
      `cannot lock ${path}. Fix: set agent.${setting} to a folder on a file system with locks`,
      {
        cause: error,
      },
    );
  }
}

async function isAt(file: FileHandle, path: string): Promise<boolean> {
  const { dev, ino } = await file.stat();
  try {
    const now = await lstat(path);
    return now.dev === dev && now.ino === ino;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") {
      throw error;
    }
    return false;
  }
}
