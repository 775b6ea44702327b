import { constants, readFileSync, readlinkSync } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { inTime, NoFileAnswer } from "../../../lib/files/file-answer.ts";
import { makeFolder } from "../../../lib/files/make-folder.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { lockFile } from "../../systemd/flock.ts";

/**
 * The folders that only one agent may use: one runs on a host (`data_dir`), and one answers on the
 * socket (`runtime_dir`).
 */
const FOLDERS = {
  data_dir: { name: "agent.lock", mode: 0o700 },
  runtime_dir: { name: "agent.sock.lock", mode: 0o755 },
} as const;

/** What the holder writes into its lock, for the error message of another agent. */
const holderSchema = z.strictObject({
  pid: z.number().int(),
  user: z.string(),
  unit: z.string().nullable(),
  since: z.string(),
  /** The kernel's name of the namespace in which `pid` counts: `pid:[4026531836]`. */
  namespace: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** A new holder takes a few ms to write its entry. Until then, the previous one is there. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 20;

/** In bytes. */
const LONGEST_HOLDER = 1000;
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
        throw taken(await findHolder(file, folder), folder, setting);
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
    throw new NoPlaceForLock(
      `cannot create ${folder}. Fix: set agent.${setting} to a folder that this user can write to`,
      { cause: error },
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
    throw new Unusable(
      `cannot open ${path}, the lock that lets only one agent run. Fix: give this user the folder agent.${setting}, or set another one`,
      { cause: error },
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

async function introduce(file: FileHandle, folder: string): Promise<void> {
  const holder: Holder = {
    pid: process.pid,
    user: userName(),
    unit: ownUnit(),
    since: new Date().toISOString(),
    namespace: ownNamespace(),
  };
  try {
    await inTime(folder, async () => {
      await file.truncate();
      await file.write(`${JSON.stringify(holder)}\n`, 0);
    });
  } catch {
    // The disk is full or hangs. The lock works without the holder's entry.
  }
}

function taken(holder: Holder | undefined, folder: string, setting: string): OperatorError {
  const place = `${setting} ${printable(folder, 4096)}`;
  if (holder === undefined) {
    return new OperatorError(
      `another novacula-agent runs already (PID unknown, with ${place}). Fix: stop it first; novacula-agent status shows it`,
    );
  }
  const { pid, user, unit, since, namespace } = holder;
  const service = unit === null ? "" : `, unit ${printable(unit, 100)}`;
  const isHere = namespace === ownNamespace();
  const byPid = isHere ? `stop it first: kill ${pid}` : "stop it first, in its container";
  const stop = unit === null ? byPid : `stop it first: ${asRoot(`systemctl stop ${shellWord(unit)}`)}`;
  return new OperatorError(
    `another novacula-agent runs already (PID ${pid}${isHere ? "" : " of another container"}, user ${printable(user, 100)}${service}, since ${printable(since, 40)}, with ${place}). Fix: ${stop}`,
  );
}

/** Who holds the lock; undefined if the file does not name a living process. */
async function findHolder(file: FileHandle, folder: string): Promise<Holder | undefined> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const holder = await readHolder(file, folder);
    if (holder !== undefined && mayLive(holder)) {
      return holder;
    }
    if (performance.now() >= until) {
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function mayLive({ pid, namespace }: Holder): boolean {
  if (namespace !== ownNamespace()) {
    return true;
  }
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}

async function readHolder(file: FileHandle, folder: string): Promise<Holder | undefined> {
  try {
    const text = Buffer.alloc(LONGEST_HOLDER);
    const { bytesRead } = await inTime(folder, () => file.read(text, 0, LONGEST_HOLDER, 0));
    return holderSchema.parse(JSON.parse(text.toString("utf8", 0, bytesRead)));
  } catch {
    return undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A user without a line in passwd(5), as in a container.
    return `${process.geteuid?.() ?? errorCode(error)}`;
  }
}

function ownNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/**
 * The service that systemd runs this process in: cgroups(7),
 * `0::/system.slice/novacula-agent.service`.
 */
function ownUnit(): string | null {
  try {
    return /^0::.*\/([^/\n]+\.service)$/mu.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}
