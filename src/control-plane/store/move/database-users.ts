import { readFileSync, statSync } from "node:fs";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { inPlace } from "../../../lib/shell-word.ts";

/**
 * The locks that every connection to an SQLite database in WAL mode holds as long as it is open:
 * bytes of the database and of its -shm file (sqlite.org/fileformat2.html and walformat.html).
 */
const SHARED_BYTES = "1073741826 1073742335";
const OPEN_BYTE = "128 128";

/** Throws a CommandError if another process has the database open. */
export function requireUnused(path: string): void {
  const users = databaseUsers(path);
  if (users.length > 0) {
    const who = users.length === 1 ? `process ${users[0]} has` : `processes ${users.join(", ")} have`;
    throw new CommandError(
      "refused",
      `${who} the database ${path} open: what it writes from now on would be lost`,
      {
        fix: inPlace({
          host: "stop the control plane:\nsudo systemctl stop novacula-control-plane",
          pod: "scale the Deployment of the control plane to 0, and run this in another pod with its volume",
        }),
      },
    );
  }
}

/** The ids of other processes that have the database open, as far as this one may see them. */
function databaseUsers(path: string): readonly number[] {
  const wanted = [
    { inode: inodeOf(path), bytes: SHARED_BYTES },
    { inode: inodeOf(`${path}-shm`), bytes: OPEN_BYTE },
  ];
  const users = locks().flatMap(({ pid, inode, bytes }) =>
    pid !== process.pid && wanted.some((lock) => lock.inode === inode && lock.bytes === bytes) ? [pid] : [],
  );
  return [...new Set(users)];
}

/** proc_locks(5): `1: POSIX  ADVISORY  READ  4242 08:01:131 128 128`. */
function locks() {
  return textOf("/proc/locks")
    .split("\n")
    .flatMap((line) => {
      const [, pid, inode, bytes] = /\s(\d+)\s+[\da-f]+:[\da-f]+:(\d+)\s+(\d+ \d+)$/u.exec(line) ?? [];
      return pid === undefined ? [] : [{ pid: Number(pid), inode, bytes }];
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function inodeOf(path: string): string | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino.toString();
}
