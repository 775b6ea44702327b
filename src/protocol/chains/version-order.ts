import type { NodeClient } from "../nodes/node-spec.ts";
import { issue, type NodeIssue, shown } from "./node-issue.ts";

/** `29.0`, and what may follow: `-rc1`. */
const NUMBERS = /^\d{1,9}(?:\.\d{1,9})*/u;

/**
 * Whether a program of `version` may be older than one of `than`: by the numbers between the dots,
 * as all clients of the catalogue count. Two versions that differ only in what follows the numbers
 * have no order that is known, so each may be the older one.
 */
export function mayBeOlder(version: string, than: string): boolean {
  const [own, other] = [numbersOf(version), numbersOf(than)];
  for (let index = 0; index < Math.max(own.length, other.length); index += 1) {
    const difference = (own[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return version !== than && restOf(version) !== restOf(than);
}

function numbersOf(version: string): readonly number[] {
  return (NUMBERS.exec(version)?.[0] ?? "").split(".").map(Number);
}

function restOf(version: string): string {
  return version.replace(NUMBERS, "");
}

/**
 * The clients whose version goes back, and for which nobody has allowed that: an older client may
 * damage the data of a newer one, or refuse it. `writtenBy` gives the version that has the data of
 * a role now; undefined: there is none, or it is not known.
 */
export function checkDowngrades(
  clients: readonly NodeClient[],
  writtenBy: (role: string, client: string) => string | undefined,
): readonly NodeIssue[] {
  return clients.flatMap(({ role, client, version, allowDowngrade }) => {
    const newer = writtenBy(role, client);
    if (newer === undefined || allowDowngrade || !mayBeOlder(version, newer)) {
      return [];
    }
    const message =
      `${shown(client)} ${shown(version)} is older than ${shown(newer)}, which has the data now. It may refuse the data, or damage it. ` +
      `Keep ${shown(newer)}, create a new node, or allow it: nodes update NODE --client ${shown(`${role}=${client}@${version}`)} --allow-downgrade`;
    return [issue("downgrade", ["clients", role], message)];
  });
}
