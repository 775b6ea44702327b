import { readFile, statfs } from "node:fs/promises";
import { inTime } from "../../../lib/files/file-answer.ts";

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
