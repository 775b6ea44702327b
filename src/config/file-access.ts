import { readFileSync, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import type { KeyFinding } from "../key/finding.ts";
import { printable } from "../lib/printable.ts";

const WORLD_READ = 0o004;
const WORLD_WRITE = 0o002;
const GROUP_WRITE = 0o020;

/** `user novacula (uid 998)`, or the number alone where the system has no name for it (a container). */
export function runningUser(): string {
  const uid = process.geteuid?.() ?? -1;
  try {
    return `user ${printable(userInfo().username)} (uid ${uid})`;
  } catch {
    return `uid ${uid}`;
  }
}

/** What makes `path` readable for the user that runs this: the file's own mode, or a directory above it. */
export async function accessRemedy(path: string): Promise<string> {
  for (let current = path; ; current = dirname(current)) {
    try {
      const stats = await stat(current);
      if (current !== path)
        return `Let its group pass: ${command("chgrp", agentGroup(), current)} && ${command("chmod", "g+x", current)}`;
      return `It is mode ${octal(stats)}, owner ${stats.uid}, group ${stats.gid}: ${lockDown(path, stats)}`;
    } catch {
      if (dirname(current) === current)
        return "Make the file and the directories above it readable for that user.";
    }
  }
}

/**
 * Whether others on this host can read or change the file that holds the key. Group read is fine: the packaged state
 * is root:novacula 0640, and that group is the agent's own. Group *write* is not: no one but root changes the key.
 */
export function exposureFindings(path: string, stats: Stats, realPath = path): readonly KeyFinding[] {
  const findings: KeyFinding[] = [];
  const place = `${printable(path)}, mode ${octal(stats)}`;
  const remedy = isKubernetesMount(realPath)
    ? "Set defaultMode: 0440 on the Secret's volume, and fsGroup for the agent's group."
    : `Close it: ${lockDown(path, stats)}`;
  if ((stats.mode & WORLD_READ) !== 0) {
    const problem = `is in a file that every user of this host can read (${place})`;
    findings.push({ code: "file-readable-by-others", severity: "warning", problem, remedy });
  }
  if ((stats.mode & (WORLD_WRITE | GROUP_WRITE)) !== 0) {
    const who =
      (stats.mode & WORLD_WRITE) !== 0 ? "every user of this host" : `every member of group ${stats.gid}`;
    const problem = `is in a file that ${who} can change (${place})`;
    findings.push({ code: "file-writable-by-others", severity: "warning", problem, remedy });
  }
  return findings;
}

/** The commands after which the agent can still read `path`, and others cannot. */
function lockDown(path: string, stats: Stats): string {
  const uid = process.geteuid?.();
  if (uid === 0 && stats.uid === 0 && stats.gid === 0) return command("chmod", "0600", path);
  if (uid === stats.uid && uid !== 0) return command("chmod", "0600", path);
  const isOwnGroup = stats.uid === 0 && stats.gid !== 0 && stats.gid === process.getegid?.();
  if (isOwnGroup || uid === 0) return command("chmod", "0640", path);
  return `${command("chown", `root:${agentGroup()}`, path)} && ${command("chmod", "0640", path)}`;
}

/** The name of the group that this process runs in, else its number: `chown` takes both. */
function agentGroup(): string {
  const gid = process.getegid?.() ?? 0;
  try {
    const line = readFileSync("/etc/group", "utf8").match(
      new RegExp(`^([a-z_][a-z0-9_-]*):[^:]*:${gid}:`, "mu"),
    );
    return line?.[1] ?? String(gid);
  } catch {
    return String(gid);
  }
}

/** A Secret's volume is read-only and its modes come from the pod: `chmod` would fail there. */
function isKubernetesMount(realPath: string): boolean {
  return /\/\.\.(data|\d{4}_\d{2}_\d{2}_)/u.test(realPath);
}

function octal(stats: Stats): string {
  return (stats.mode & 0o7777).toString(8).padStart(4, "0");
}

/** For copying into a shell, whatever characters the path has. */
function command(...words: readonly string[]): string {
  return words
    .map((word) => printable(word, 4096))
    .map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
