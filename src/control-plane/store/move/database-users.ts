import { readFileSync, statSync } from "node:fs";

/**
 * The locks that every connection to an SQLite database in WAL mode holds as long as it is open:
 * bytes of the database and of its -shm file (sqlite.org/fileformat2.html and walformat.html).
 */
const SHARED_BYTES = "1073741826 1073742335";
const OPEN_BYTE = "128 128";

/** The ids of other processes that have the database open, as far as this one may see them. */
export function databaseUsers(path: string): readonly number[] {
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
