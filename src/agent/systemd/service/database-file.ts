import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { inTime } from "../../../lib/files/file-answer.ts";
import { foldersAbove, lineInFstab, type Mount, mountsIn } from "../../../lib/files/mounts/mount-table.ts";
import { journalOutput } from "../systemctl.ts";

/** The database that the service had before the present one. */
export interface DatabaseBefore {
  readonly path: string;
  /** When it last started with that, and when with the present one, epoch ms. */
  readonly startedAt: number;
  readonly leftAt: number;
}

/** What this host knows of the database file of a control plane. */
export interface DatabaseFile {
  /** When the file was made, epoch ms; undefined: unknown. */
  readonly madeAt: number | undefined;
  /** What is mounted over its folder, with the line of /etc/fstab that does it, or 0. */
  readonly over: (Mount & { readonly fstabLine: number }) | undefined;
  /** A folder above it that the line of /etc/fstab should mount, and that is not mounted. */
  readonly unmounted: { readonly folder: string; readonly fstabLine: number } | undefined;
  readonly before: DatabaseBefore | undefined;
}

const UNIT = "--unit=novacula-control-plane.service";
/** Of its starts, in either log format. */
const STARTS = "--grep=listens on .*, with the database ";
const MAX_STARTS = "--lines=50";

/** `pid` is the process that has the file `path`: it may see other folders than a shell does. */
export async function databaseFile(path: string, pid: number): Promise<DatabaseFile> {
  const seen = await inTime(path, async () => {
    return await stat(`/proc/${pid}/root${path}`).catch(() => stat(path));
  }).catch(() => undefined);
  const [mountinfo, fstab] = await Promise.all([textOf("/proc/self/mountinfo"), textOf("/etc/fstab")]);
  const journal = await journalOutput([UNIT, STARTS, MAX_STARTS, "--output=short-unix"]);
  const madeAt = seen?.birthtimeMs ?? 0;
  return {
    madeAt: madeAt > 0 ? madeAt : undefined,
    ...mountsOf(path, mountinfo, fstab),
    before: databaseBefore(journal ?? "", path),
  };
}

/** File systems that a restart of the host empties. */
const VOLATILE: ReadonlySet<string> = new Set(["tmpfs", "ramfs"]);
/** The system needs them mounted, so nobody may be told to unmount them. */
const OF_SYSTEM = /^\/(?:dev|run|tmp|var\/tmp)(?:\/|$)/u;

/**
 * From proc_pid_mountinfo(5) and fstab(5). A file system on disk hides nothing if it is one of the
 * whole system, such as /var, or a line of fstab wants it there.
 */
export function mountsOf(
  path: string,
  mountinfo: string,
  fstab: string,
): Pick<DatabaseFile, "over" | "unmounted"> {
  const mounted = mountsIn(mountinfo);
  for (const folder of foldersAbove(path)) {
    const mount = mounted.get(folder);
    const fstabLine = lineInFstab(fstab, folder);
    if (mount === undefined && fstabLine > 0) {
      return { over: undefined, unmounted: { folder, fstabLine } };
    }
    if (mount !== undefined) {
      const isOwn = dirname(folder) === "/" || dirname(folder) === "/var" || fstabLine > 0;
      const isOver = !OF_SYSTEM.test(folder) && (!isOwn || VOLATILE.has(mount.type));
      return { over: isOver ? { ...mount, fstabLine } : undefined, unmounted: undefined };
    }
  }
  return { over: undefined, unmounted: undefined };
}

/** In the lines of its starts: the last database that was another than `path`. */
export function databaseBefore(journal: string, path: string): DatabaseBefore | undefined {
  const starts = journal
    .split("\n")
    .flatMap((line) => {
      const [, seconds, database] = START.exec(line) ?? [];
      return database === undefined ? [] : [{ path: database, startedAt: Number(seconds) * 1000 }];
    })
    .sort((a, b) => a.startedAt - b.startedAt);
  const last = starts.findLastIndex((start) => start.path !== path);
  const [before, next] = [starts[last], starts[last + 1]];
  return before && next && { ...before, leftAt: next.startedAt };
}

/** With the address of a name, and with the quotes of JSON. */
const START = /^(\d+)\.\d+ .* listens on \S+(?: \([^)]*\))?, with the database ([^"]+?)\.(?:"|$)/u;

async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
