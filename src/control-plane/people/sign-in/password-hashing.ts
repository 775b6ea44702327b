import { AsyncLocalStorage } from "node:async_hooks";
import { availableParallelism } from "node:os";
import { hashPassword as hash, verifyPassword as verify } from "better-auth/crypto";
import { HashingQueue, type Place } from "./hashing-queue.ts";

const MAX_AT_A_TIME = 2;
const PLACES = 32;

/**
 * One for the process, as the cores are: one core is left to everything else. scrypt works on the
 * threads that files and names are read on, too (four, unless UV_THREADPOOL_SIZE says otherwise):
 * two of them at most.
 */
const queue = new HashingQueue({
  slots: Math.max(1, Math.min(MAX_AT_A_TIME, availableParallelism() - 1)),
  places: PLACES,
});
const turns = new AsyncLocalStorage<true>();

/**
 * Runs `work`, which hashes passwords, when its turn comes; see HashingQueue.run. What is hashed
 * outside of it waits for a turn of its own.
 */
export function inHashingQueue<Result>(
  place: Place,
  work: () => Promise<Result>,
  isGone?: () => boolean,
): Promise<Result> {
  return queue.run(place, () => turns.run(true, work), isGone);
}

/** As better-auth's hashPassword. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password));
}

/** As better-auth's verifyPassword. */
export function verifyPassword(given: {
  readonly hash: string;
  readonly password: string;
}): Promise<boolean> {
  return inTurn(() => verify(given));
}

function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  return turns.getStore() === true ? work() : inHashingQueue({ kind: "operator" }, work);
}
