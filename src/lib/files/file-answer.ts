import { utcTime } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import { printable } from "../printable.ts";

/**
 * How long a file, with the folders on the way to it, may take to answer, ms. An autofs mount takes
 * a second or two.
 */
const DEADLINE_MS = 3000;
/**
 * An access that hangs (a FUSE program that has stopped, an NFS server that is away) holds one of
 * the few threads that also look up names. So many may hang at once, each at a file of its own;
 * beyond that none is begun.
 */
const MOST_OVERDUE = 3;

/** A file does not answer. The message is a clause about it: `does not answer since 12:03:06`. */
export class NoFileAnswer extends Error {
  override readonly name = "NoFileAnswer";
  readonly code = "no-answer";
}

/** When each access that is overdue began, epoch ms, by the path it is to. */
const overdue = new Map<string, number>();

/**
 * What `access` to the file at `path` comes to. Rejects with NoFileAnswer after 3 s, and at once
 * where an earlier access to that file still hangs. `signal` aborts then: who changes something
 * looks at it before the last step.
 */
export async function inTime<T>(path: string, access: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const since = overdue.get(path);
  if (since !== undefined) {
    throw noAnswer(since);
  }
  if (overdue.size >= MOST_OVERDUE) {
    throw new NoFileAnswer("is not looked at while other files do not answer");
  }
  const startedAt = Date.now();
  const controller = new AbortController();
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    overdue.set(path, startedAt);
    controller.abort();
    reject(noAnswer(startedAt));
  }, DEADLINE_MS);
  const result = access(controller.signal).finally(() => {
    clearTimeout(timer);
    overdue.delete(path);
  });
  // Of an answer that comes late, nobody hears.
  result.catch(() => {});
  return await Promise.race([result, deadline]);
}

/**
 * `inTime` for a command that cannot go on without: rejects with an OperatorError that names the
 * file.
 */
export async function neededInTime<T>(path: string, access: () => Promise<T>): Promise<T> {
  try {
    return await inTime(path, access);
  } catch (error) {
    if (!(error instanceof NoFileAnswer)) {
      throw error;
    }
    throw new OperatorError(`${printable(path, 4096)} ${error.message}: look at the mount that it is on`);
  }
}

function noAnswer(since: number): NoFileAnswer {
  return new NoFileAnswer(`does not answer since ${utcTime(since)}`);
}
