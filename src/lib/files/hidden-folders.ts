import { unescaped } from "./mounts/mount-table.ts";

/** A folder that a service does not see as other programs do. */
export interface HiddenFolder {
  readonly folder: string;
  /** The setting of its unit that hides it: `PrivateTmp=yes`. */
  readonly setting: string;
}

/** systemd.exec(5), ProtectHome=. */
export const HOMES: readonly string[] = ["/home", "/root", "/run/user"];

/**
 * The folders that hide others in the mount namespace of a process, from proc_pid_mountinfo(5).
 * They are found by what systemd mounts there, so this works inside the sandbox too.
 */
export function hiddenMounts(mountinfo: string): readonly HiddenFolder[] {
  return mountinfo.split("\n").flatMap((line): readonly HiddenFolder[] => {
    const fields = line.split(" ");
    const [, , , root = "", point = ""] = fields;
    const folder = unescaped(point);
    if (/\/systemd-private-[^/]+\/tmp$/u.test(root)) {
      return [{ folder, setting: "PrivateTmp=" }];
    }
    if (/\/systemd\/inaccessible\//u.test(root)) {
      return [{ folder, setting: HOMES.includes(folder) ? "ProtectHome=" : "InaccessiblePaths=" }];
    }
    const isEmptied = fields[fields.indexOf("-") + 1] === "tmpfs" && HOMES.slice(0, 2).includes(folder);
    return isEmptied ? [{ folder, setting: "ProtectHome=" }] : [];
  });
}

/** The hidden folder that `path` is in, or is; undefined if the service sees `path`. */
export function hiddenIn(path: string, hidden: readonly HiddenFolder[]): HiddenFolder | undefined {
  return hidden.find(({ folder }) => isBelow(path, folder));
}

/** Whether `path` is `folder`, or in it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
