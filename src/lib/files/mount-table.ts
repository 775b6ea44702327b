import { dirname } from "node:path";

/** A mounted file system. */
export interface Mount {
  readonly point: string;
  /** `tmpfs`, `ext4` … */
  readonly type: string;
  /** `/dev/sda1`, or a name that means nothing. */
  readonly source: string;
}

/** By their mount points, from proc_pid_mountinfo(5): the last one hides those before it. */
export function mountsIn(mountinfo: string): ReadonlyMap<string, Mount> {
  return new Map(
    mountinfo.split("\n").map((line): [string, Mount] => {
      const fields = line.split(" ");
      const dash = fields.indexOf("-");
      const point = unescaped(fields[4] ?? "");
      return [point, { point, type: fields[dash + 1] ?? "", source: unescaped(fields[dash + 2] ?? "") }];
    }),
  );
}

/** The line of fstab(5) that mounts something at `point`; 0: none does. */
export function lineInFstab(fstab: string, point: string): number {
  return fstab.split("\n").map(mountPointIn).indexOf(point) + 1;
}

function mountPointIn(line: string): string {
  const [device = "", point = ""] = line.trim().split(/\s+/u);
  return device.startsWith("#") ? "" : unescaped(point);
}

/** The nearest first, without the root. */
export function foldersAbove(path: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    folders.push(folder);
  }
  return folders;
}

/** Text of a table of mounts: a blank in a path is `\040`. */
export function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
