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

/** Whether nobody may write there. */
interface Writability {
  readonly isReadOnly: boolean;
  /** Whether that holds for the file system, and not for this mount of it alone. */
  readonly isOfReadOnly: boolean;
}

/** Where `path` is: a later mount hides an earlier one, also one that is deeper. */
export function lastMountAbove(
  mountinfo: string,
  path: string,
): (Pick<Mount, "point"> & Writability) | undefined {
  const line = mountinfo.split("\n").findLast((each) => {
    const point = unescaped(each.split(" ")[4] ?? "");
    return point === "/" || point === path || (point !== "" && path.startsWith(`${point}/`));
  });
  if (line === undefined) {
    return undefined;
  }
  const fields = line.split(" ");
  const has = (options = "") => options.split(",").includes("ro");
  const isOfReadOnly = has(fields[fields.indexOf("-") + 3]);
  // The mounts that a unit makes for its service have the same file system, and no place of their
  // own outside.
  const whole = isOfReadOnly
    ? mountinfo.split("\n").find((each) => each.split(" ")[2] === fields[2] && each.split(" ")[3] === "/")
    : undefined;
  const point = unescaped((whole ?? line).split(" ")[4] ?? "");
  return { point, isReadOnly: has(fields[5]), isOfReadOnly };
}

/** What the line of fstab(5) mounts at `point`, and how; nothing if no line does. */
export function optionsInFstab(
  fstab: string,
  point: string,
): { readonly device: string; readonly options: readonly string[] } {
  const line = fstab.split("\n").find((each) => mountPointIn(each) === point) ?? "";
  const [device = "", , , options = ""] = line.trim().split(/\s+/u);
  return { device: unescaped(device), options: options.split(",") };
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
