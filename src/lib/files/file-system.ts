import { readFileSync, realpathSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { printable } from "../printable.ts";
import { inPlace, shellWord, withSudo } from "../shell-word.ts";
import { byteSize } from "../text/byte-size.ts";
import { unescaped } from "./mounts/mount-table.ts";

/** A line of /proc/self/mountinfo, proc(5). */
interface Mount {
  /** `254:1` */
  readonly device: string;
  /** The folder of the file system that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly source: string;
}

/** `the file system /var (/dev/vda1)`: where `path` is, or the nearest folder that exists. */
export function fileSystemOf(path: string): string {
  const mount = mountOf(nearest(path));
  return mount === undefined
    ? `the file system of ${printable(path, 4096)}`
    : `the file system ${printable(mount.point, 4096)} (${printable(mount.source)})`;
}

/** The command by which root sees what fills the file system of `path`: its largest folders. */
export function largestFolders(path: string): string {
  return `du -xh -d 3 ${shellWord(topOf(path))} | sort -h | tail`;
}

/** The same if it has too many files: the folders that have most of them, without those below. */
function fullestFolders(path: string): string {
  return `du --inodes -xS ${shellWord(topOf(path))} | sort -n | tail -5`;
}

/** Where its file system begins: what fills a disk is seldom in the folder that is short of it. */
function topOf(path: string): string {
  const folder = nearest(path);
  return mountOf(folder)?.point ?? folder;
}

/** What is full about the disk that `path` is on, and the command that shows what fills it. */
export function fullDisk(path: string): { readonly problem: string; readonly fix: string } {
  const folder = nearest(path);
  const place = fileSystemOf(path);
  const room = roomOf(folder);
  if (room === undefined || (room.freeBytes < MANY_BYTES && room.freeFiles > 0)) {
    const left =
      room === undefined ? "" : `: ${byteSize(room.freeBytes)} of ${byteSize(room.sizeBytes)} are free`;
    const fix = inPlace({
      host: `free space on it. To see its largest folders, the largest last, run:\n${withSudo(largestFolders(path))}`,
      pod: "free space on it, or make its volume larger",
    });
    return { problem: `${place} is full${left}`, fix };
  }
  if (room.freeFiles === 0) {
    return {
      problem: `${place} has no room for another file`,
      fix: inPlace({
        host: `delete files on it. To see the folders with the most files, the fullest last, run:\n${withSudo(fullestFolders(path))}`,
        pod: "delete files on it, or use another volume",
      }),
    };
  }
  return {
    problem: `${place} takes no more, although ${byteSize(room.freeBytes)} are free on it`,
    fix: inPlace({
      host: `raise the quota of this user, or the limit on the size of files (LimitFSIZE=, ulimit -f). What is free:\ndf -h ${shellWord(dirname(path))}`,
      pod: "raise the quota of its volume",
    }),
  };
}

/** The same for a failure that does not say whether the disk is full; undefined: it has room. */
export function fullDiskIfFull(path: string): ReturnType<typeof fullDisk> | undefined {
  const room = roomOf(nearest(path));
  const isFull = room !== undefined && (room.freeBytes < FEW_BYTES || room.freeFiles === 0);
  return isFull ? fullDisk(path) : undefined;
}

/** Less than what SQLite needs beside a database: its index of the log alone has 32 KiB. */
const FEW_BYTES = 256 * 1024;
/** With so much free space, it is not the disk that is full. */
const MANY_BYTES = 16 * 1024 * 1024;

interface Room {
  /** For users other than root. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
  readonly freeFiles: number;
}

function roomOf(folder: string): Room | undefined {
  try {
    const { bavail, blocks, bsize, files, ffree } = statfsSync(folder);
    // btrfs counts no files.
    const freeFiles = files === 0 ? 1 : ffree;
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize, freeFiles };
  } catch {
    return undefined;
  }
}

function nearest(path: string): string {
  for (let current = path; ; current = dirname(current)) {
    try {
      return realpathSync(current);
    } catch {
      if (dirname(current) === current) {
        return current;
      }
    }
  }
}

/** The last of the deepest mounts above `path`: a later one covers an earlier one. */
function mountOf(path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts()) {
    const isAbove = mount.point === "/" || path === mount.point || path.startsWith(`${mount.point}/`);
    if (isAbove && mount.point.length >= (found?.point.length ?? 0)) {
      found = mount;
    }
  }
  // In the sandbox of a service, its folders are mounts of their own, which df(1) outside does not
  // know.
  const isPart = found !== undefined && found.root !== "/";
  const whole = isPart
    ? mounts().find(({ device, root }) => device === found?.device && root === "/")
    : undefined;
  return whole ?? found;
}

function mounts(): readonly Mount[] {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .flatMap((line) => {
        const [mounted = "", source = ""] = line.split(" - ");
        const [, , device = "", root = "", point] = mounted.split(" ");
        const name = source.split(" ")[1];
        return point === undefined || name === undefined
          ? []
          : [{ device, root, point: unescaped(point), source: unescaped(name) }];
      });
  } catch {
    return [];
  }
}
