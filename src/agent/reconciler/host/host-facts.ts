import { readFile, statfs } from "node:fs/promises";
import { inTime } from "../../../lib/files/file-answer.ts";
import { unescaped } from "../../../lib/files/mounts/mount-table.ts";

/** The states of a socket that listens, or of one that can receive: include/net/tcp_states.h. */
const TABLES = [
  { file: "tcp", protocol: "tcp", state: "0A" },
  { file: "tcp6", protocol: "tcp", state: "0A" },
  { file: "udp", protocol: "udp", state: "07" },
  { file: "udp6", protocol: "udp", state: "07" },
] as const;

/** The ports that something on this host listens on, as `tcp:8333`. */
export async function takenPorts(procNet = "/proc/self/net"): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  for (const { file, protocol, state } of TABLES) {
    // Without IPv6 there are no such tables.
    const text = await readFile(`${procNet}/${file}`, "utf8").catch(() => "");
    for (const port of portsIn(text, state)) {
      taken.add(`${protocol}:${port}`);
    }
  }
  return taken;
}

/** `1: 0100007F:1F90 00000000:0000 0A …`, as proc_pid_net(5) has it. */
export function portsIn(table: string, state: string): readonly number[] {
  return table.split("\n").flatMap((line) => {
    const [, port, found] =
      /^\s*\d+:\s+[0-9A-F]+:([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+([0-9A-F]{2})\s/u.exec(line) ?? [];
    return port === undefined || found !== state ? [] : [Number.parseInt(port, 16)];
  });
}

/** Where file systems are mounted at `folder` or below it, as proc_pid_mountinfo(5) has it. */
export async function mountsAt(folder: string, table = "/proc/self/mountinfo"): Promise<readonly string[]> {
  const text = await readFile(table, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const place = unescaped(line.split(" ")[4] ?? "");
    return place === folder || place.startsWith(`${folder}/`) ? [place] : [];
  });
}

/**
 * Whether the data of a node is on one of these mounts. Only root may look below the folder that
 * holds the data of all nodes, so the agent does not know how full such a disk is.
 */
export function isOnMount(dataFolder: string, mounts: readonly string[]): boolean {
  return mounts.some((mount) => dataFolder === mount || dataFolder.startsWith(`${mount}/`));
}

export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** The file system of the first of `paths` that can be looked at. */
export async function diskOf(paths: readonly string[]): Promise<Disk | undefined> {
  for (const path of paths) {
    try {
      const { bsize, blocks, bavail } = await inTime(path, () => statfs(path));
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch {
      // The next one may be on the same file system.
    }
  }
  return undefined;
}
