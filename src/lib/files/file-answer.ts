import { utcTime } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import { printable } from "../printable.ts";

/**
 * How long a file and the folders above it may take to answer, ms. An autofs mount needs a second
 * or two.
 */
const DEADLINE_MS = 3000;
/**
 * The deadline passes in so many pieces. A pause of this process (a busy host, a suspended virtual
 * machine) ends only one of them, so it is not taken for a file that does not answer.
 */
const PIECES = 10;
/**
 * An access that hangs (a stopped FUSE program, an NFS server that is down) blocks one of the few
 * threads, which also look up names. At most this many may hang, each on a different file.
 */
const MOST_OVERDUE = 3;

/**
 * A file does not answer. The message is a clause, such as `has not answered since 2026-11-28
 * 12:03:06 UTC`.
 */
export class NoFileAnswer extends Error {
  override readonly name = "NoFileAnswer";
  readonly code = "no-answer";
}

/** When each overdue access started, epoch ms, by its path. */
const overdue = new Map<string, number>();

/**
 * The result of `access` to the file at `path`. After 3 s it rejects with NoFileAnswer, and the
 * signal that `access` got aborts: check it before a change. Rejects at once if an earlier access
 * to that file still hangs, or if too many others do.
 */
export async function inTime<T>(path: string, access: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const since = overdue.get(path);
  if (since !== undefined) {
    throw noAnswer(since);
  }
  if (overdue.size >= MOST_OVERDUE) {
    throw new NoFileAnswer("is not read while other files do not answer");
  }
  const startedAt = Date.now();
  const controller = new AbortController();
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const cancel = afterPieces(() => {
    overdue.set(path, startedAt);
    controller.abort();
    reject(noAnswer(startedAt));
  });
  const result = access(controller.signal).finally(() => {
    cancel();
    overdue.delete(path);
  });
  // A late answer is ignored.
  result.catch(() => {});
  return await Promise.race([result, deadline]);
}

/** `inTime` for a command that needs the file: rejects with an OperatorError that names it. */
export async function neededInTime<T>(path: string, access: () => Promise<T>): Promise<T> {
  try {
    return await inTime(path, access);
  } catch (error) {
    if (!(error instanceof NoFileAnswer)) {
      throw error;
    }
    throw new OperatorError(`${printable(path, 4096)} ${error.message}. Fix: check the mount that it is on`);
  }
}

/** Calls `pass` when the deadline has passed; the result cancels it. */
function afterPieces(pass: () => void): () => void {
  let isCancelled = false;
  let timer: NodeJS.Timeout;
  const wait = (pieces: number) => {
    timer = setTimeout(() => (pieces > 1 ? wait(pieces - 1) : setImmediate(last)), DEADLINE_MS / PIECES);
  };
  // An answer that has come in the last piece is delivered between the timer and this.
  const last = () => {
    if (!isCancelled) {
      pass();
    }
  };
  wait(PIECES);
  return () => {
    isCancelled = true;
    clearTimeout(timer);
  };
}

function noAnswer(since: number): NoFileAnswer {
  return new NoFileAnswer(`has not answered since ${utcTime(since)}`);
}
