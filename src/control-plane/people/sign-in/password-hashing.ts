import { AsyncLocalStorage } from "node:async_hooks";
import { availableParallelism } from "node:os";
import { hashPassword as hash, verifyPassword as verify } from "better-auth/crypto";
import { HashingQueue, type Place } from "./hashing-queue.ts";

const MAX_AT_A_TIME = 2;
const PLACES = 32;

/**
 * One queue for the process, because its hashes share the cores. It leaves one core for everything
 * else. scrypt runs on libuv's threads (four by default), which file access and DNS need as well,
 * so it gets at most two of them.
 */
const queue = new HashingQueue({
  slots: Math.max(1, Math.min(MAX_AT_A_TIME, availableParallelism() - 1)),
  places: PLACES,
});
const turns = new AsyncLocalStorage<true>();

/**
 * Runs `work`, which hashes passwords, when its turn comes (see HashingQueue.run). A hash outside
 * of such work waits for its own turn.
 */
export function inHashingQueue<Result>(
  place: Place,
  work: () => Promise<Result>,
  isGone?: () => boolean,
): Promise<Result> {
  return queue.run(place, () => turns.run(true, work), isGone);
}

/** better-auth's hashPassword, through the queue. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password));
}

/** better-auth's verifyPassword, through the queue. */
export function verifyPassword(given: {
  readonly hash: string;
  readonly password: string;
}): Promise<boolean> {
  return inTurn(() => verify(given));
}

function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  return turns.getStore() === true ? work() : inHashingQueue({ kind: "operator" }, work);
}
