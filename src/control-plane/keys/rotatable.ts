import { utcTime } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { conflict } from "../api-error.ts";
import type { ExecutorReader } from "../store/contract/executors.ts";
import type { KeyReader, KeyRecord } from "../store/contract/keys.ts";
import { keyStatus, revocationTime } from "./key-status.ts";

/** How many executors an error names. */
const MAX_NAMED = 3;

interface RotationReads {
  readonly keys: KeyReader;
  readonly executors: ExecutorReader;
}

/** Throws CONFLICT that says what to do instead, if the key cannot be rotated. */
export async function requireRotatable(reads: RotationReads, key: KeyRecord, at: number): Promise<void> {
  const status = keyStatus(key, at);
  if (status !== "active") {
    throw conflict(
      `${named(key)} is ${status}${since(key, at)}, and only an active key can be rotated: ${await newKeyFor(reads, key)}`,
    );
  }
  if (key.target?.isDeleted === true) {
    throw conflict(
      `${named(key)} was made for executor ${printable(key.target.name)}, which was deleted: create a new key`,
    );
  }
  if (key.revokesAt === null) {
    return;
  }
  const successor = await reads.keys.newestOfLineage(key.lineageId);
  throw conflict(
    `${named(key)} was already rotated, and its grace period ends at ${utcTime(key.revokesAt)}: ` +
      `rotate its successor${successor === undefined || successor.id === key.id ? "" : `, ${named(successor)}`}`,
  );
}

/** Which keys replace one that has ended. A key takes over only the executor it was made for. */
async function newKeyFor({ keys, executors }: RotationReads, key: KeyRecord): Promise<string> {
  const bound = await executors.onKey(key.id, MAX_NAMED);
  const [first, second] = bound;
  if (first === undefined) {
    return "create a new key";
  }
  if (second === undefined) {
    return `create a new key with executor ${printable(first.name)} as its target`;
  }
  const more = (await keys.boundCount(key.id)) - bound.length;
  const names = bound.map(({ name }) => printable(name)).join(", ");
  return `create a new key for each of its executors (${names}${more > 0 ? ` and ${more} more` : ""}), with that one as its target`;
}

/** What the answer to a rotation says of the expiry that the new key inherits. */
export function expiryNote({ expiresAt }: KeyRecord): string | undefined {
  return expiresAt === null
    ? undefined
    : `The new key expires at ${utcTime(expiresAt)}, like the one that it replaces: a rotation keeps the expiry. ` +
        "For another expiry, create a new key with the executor as its target.";
}

/** `key fra-1 (075c7dfc)`: the name may be that of several keys, and people know no ids. */
export function named({ name, fingerprint }: KeyRecord): string {
  return `key ${printable(name)} (${fingerprint})`;
}

/** ` since 2026-06-01 …` if the key has ended, and the time is known. */
export function since(key: KeyRecord, at: number): string {
  const time = keyStatus(key, at) === "expired" ? key.expiresAt : revocationTime(key, at);
  return time === null ? "" : ` since ${utcTime(time)}`;
}
