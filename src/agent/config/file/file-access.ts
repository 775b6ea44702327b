import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { type Group, isPassingUser, ownerText, readAccounts, UNMAPPED_ID } from "../../../lib/accounts.ts";
import { commandsToEnter, moveOut } from "../../../lib/files/folder-entry.ts";
import { followLinks } from "../../../lib/files/follow-links.ts";
import { isInUserNamespace } from "../../../lib/files/limit-of-root.ts";
import { printable } from "../../../lib/printable.ts";
import { asOwner, asRoot, forAgent, inPlace, shellWord } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import type { KeyFinding } from "../../key/finding.ts";

/** The group of the packaged service: the package installs agent.toml as root:novacula 0640. */
const SERVICE_GROUP = "novacula";
const WORLD_READ = 0o004;
const WORLD_WRITE = 0o002;
const GROUP_WRITE = 0o020;

type NamedGroup = Pick<Group, "name" | "gid">;

/** The user who has to read the files; `unknown` if it is not the user who runs this command. */
export type FileReader = (
  | { readonly kind: "known"; readonly uid: number; readonly group: NamedGroup | undefined }
  | { readonly kind: "unknown" }
) & {
  /**
   * Where a command finds a systemd credential of the service: its source, or the copy that the
   * service got. The service itself has `$CREDENTIALS_DIRECTORY`.
   */
  readonly credentialFile?: (name: string) => Promise<string | undefined>;
  /** A file that a command has read already, because it is a pipe. Nobody else reads it. */
  readonly given?: { readonly path: string; readonly bytes: Uint8Array };
};

const POD_MODE = "Set defaultMode: 0440 on the Secret's volume, and fsGroup for the agent's group.";
const CHECKED_AS_ROOT =
  "Run this command with sudo: root can read the file, and sees whether the service can.";
const AS_ROOT =
  "Run this command with sudo: it then prints the command that opens the file to the service alone.";

/**
 * The user of this process. For root, the group of the packaged service counts: a remedy must not
 * lock the service out.
 */
export function ownReader(): FileReader {
  const uid = process.geteuid?.() ?? 0;
  const group = uid === 0 ? readAccounts().groups.find(({ name }) => name === SERVICE_GROUP) : ownGroup();
  return { kind: "known", uid, group };
}

/**
 * `user novacula (uid 998)`, or only the number if the system has no name for it, as in a
 * container.
 */
export function runningUser(): string {
  const uid = process.geteuid?.() ?? -1;
  try {
    return `user ${printable(userInfo().username)} (uid ${uid})`;
  } catch {
    return `uid ${uid}`;
  }
}

/**
 * How to make `path` readable for its reader: by changing its mode, or that of a folder above it.
 */
export async function accessRemedy(path: string, reader: FileReader): Promise<Remedy> {
  const inPod = inPlace({ host: undefined, pod: POD_MODE });
  if (inPod !== undefined) {
    return inPod;
  }
  if (reader.kind === "unknown") {
    return CHECKED_AS_ROOT;
  }
  if (isPassingUser(reader.uid)) {
    return [
      step(
        "The user of a unit with DynamicUser=yes lasts no longer than its process, so no file can be its own.",
      ),
      step(
        "Take DynamicUser= out of the unit, then restart:",
        asRoot("systemctl edit novacula-agent"),
        asRoot("novacula-agent restart"),
      ),
    ];
  }
  // Links have no modes: what counts are the folders behind them.
  const { target } = await followLinks(path);
  for (let current = target; ; current = dirname(current)) {
    try {
      const stats = await stat(current);
      if (reader.group?.gid === UNMAPPED_ID && isInUserNamespace()) {
        return [
          step("The service's own group is unknown here, inside of its sandbox."),
          step("Fix:", forAgent("doctor")),
        ];
      }
      if (current !== target) {
        const commands = commandsToEnter(current, stats, ownGroup().name);
        return commands === undefined
          ? `${moveOut(target, current)}.`
          : [
              step(`That user must be able to enter ${printable(current, 4096)}.`),
              step("Fix:", ...commands.map(asRoot)),
            ];
      }
      return [
        step(`It has mode ${octal(stats)}, ${ownerText(stats, isInUserNamespace())}.`),
        step("Fix:", closingCommand(path, stats, reader)),
      ];
    } catch {
      if (dirname(current) === current) {
        return "Make the file and the folders above it readable for that user.";
      }
    }
  }
}

/**
 * Finds out whether other users can read or change the file with the key. Its group may read it:
 * the package installs it as root:novacula 0640. Its group may not write it: only root changes the
 * key.
 */
export function exposureFindings(
  file: { readonly path: string; readonly stats: Stats | undefined; readonly realPath: string },
  reader: FileReader,
): readonly KeyFinding[] {
  const { path, stats, realPath } = file;
  if (stats === undefined) {
    return [];
  }
  const findings: KeyFinding[] = [];
  const place = `${printable(path)}, mode ${octal(stats)}`;
  const remedy = isKubernetesMount(realPath)
    ? POD_MODE
    : reader.kind === "unknown"
      ? AS_ROOT
      : [step("Fix:", closingCommand(path, stats, reader))];
  if ((stats.mode & WORLD_READ) !== 0) {
    const problem = `is in a file that every user of this host can read (${place})`;
    findings.push({ code: "file-readable-by-others", severity: "warning", problem, remedy });
  }
  if ((stats.mode & (WORLD_WRITE | GROUP_WRITE)) !== 0) {
    const who =
      (stats.mode & WORLD_WRITE) !== 0
        ? "every user of this host"
        : `every member of ${ownerText(stats).replace(/^.*, /u, "")}`;
    const problem = `is in a file that ${who} can change (${place})`;
    findings.push({ code: "file-writable-by-others", severity: "warning", problem, remedy });
  }
  return findings;
}

/**
 * The command that lets only the owner and `reader` read `path`; without a group, only the owner.
 */
export function closingCommand(
  path: string,
  owner: { readonly uid: number; readonly gid: number },
  reader: { readonly uid: number; readonly group: NamedGroup | undefined },
): string {
  const { uid, group } = reader;
  if (group === undefined || (uid !== 0 && uid === owner.uid)) {
    return asOwner(owner.uid, command("chmod", "0600", path));
  }
  const close = asRoot(command("chmod", "0640", path));
  if (owner.uid === 0 && owner.gid === group.gid) {
    return close;
  }
  return `${asRoot(command("chown", `root:${group.name}`, path))} && ${close}`;
}

/** The group of this process. If it has no name, its number serves as one: `chown` accepts both. */
function ownGroup(): NamedGroup {
  const own = process.getegid?.() ?? 0;
  return readAccounts().groups.find(({ gid }) => gid === own) ?? { name: String(own), gid: own };
}

/** The volume of a Secret is read-only, so `chmod` would fail there: the pod sets the modes. */
function isKubernetesMount(realPath: string): boolean {
  return /\/\.\.(data|\d{4}_\d{2}_\d{2}_)/u.test(realPath);
}

function octal(stats: Stats): string {
  return (stats.mode & 0o7777).toString(8).padStart(4, "0");
}

function command(...words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
