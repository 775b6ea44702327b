import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { capitalized } from "../../../lib/sentence.ts";
import { asRoot, forAgent, shellWord } from "../../../lib/shell-word.ts";
import { commentOut } from "../../../lib/text/file-command.ts";
import { type Remedy, type Step, step } from "../../../lib/text/remedy.ts";
import type { DatabaseFile } from "../../systemd/service/database-file.ts";
import { leadsThere, SETTINGS } from "./local-address.ts";
import type { Here, LocalControlPlane } from "./local-control-plane.ts";
import { SERVICE } from "./local-start.ts";

const DEFAULT_DATABASE = "/var/lib/novacula-control-plane/control-plane.db";
const RESTORE = '"Restore" in /usr/share/doc/novacula-control-plane/control-plane/backup-upgrade.md';

/** Who does not know a key: the control plane of this host, with its database. */
export interface UnknownHere {
  /** What the refusal follows from, as a clause; undefined: nothing is odd about the database. */
  readonly cause: string | undefined;
  /** The same database without a reason to doubt it, as a clause. */
  readonly who: string;
  /** In place of the usual remedy; undefined: that one holds. */
  readonly remedy: Remedy | undefined;
}

/**
 * Why the control plane of this host does not know a key of the agent that asks `wanted`.
 * Undefined: another one answered, or its database is not known.
 *
 * @param acceptedAt when it accepted the key last, epoch ms; undefined: never
 */
export function unknownHere(
  { local, addresses = [], database }: Here,
  wanted: string,
  acceptedAt: number | undefined,
): UnknownHere | undefined {
  const isThere = local?.active === "active" && leadsThere(local, new URL(wanted), addresses);
  if (!isThere || local.database === undefined) {
    return undefined;
  }
  const path = printable(local.database, 400);
  const madeAt = database?.madeAt;
  const made = madeAt === undefined ? "" : ` was made at ${utcTime(madeAt)}`;
  const is = `the database of this host's control plane, ${path},`;
  const over = database?.over && `, because ${mountText(database.over)} is mounted over its folder`;
  const odd = oddity(local, database, acceptedAt);
  return {
    cause: odd && `${is}${made === "" ? "" : `${made}, and`} ${odd}${over ?? ""}`,
    who: `the control plane of this host answers there, with the database ${path}${made === "" ? "" : `, which${made}`}`,
    remedy: odd === undefined ? undefined : remedyOf(local, database),
  };
}

/** What makes it doubtful that it is the database that knew the key. */
function oddity(
  { isKeyless = false }: LocalControlPlane,
  { madeAt = 0, before, over }: Partial<DatabaseFile> = {},
  acceptedAt = Number.POSITIVE_INFINITY,
): string | undefined {
  if (isKeyless) {
    return `knows no keys at all${over === undefined ? ": it is new, or not the right one" : ""}`;
  }
  if (before !== undefined && before.leftAt > acceptedAt) {
    return "is not the one that it had when the key was last accepted";
  }
  return madeAt > acceptedAt
    ? "is newer than the last use of the key: an older copy of it, or another one, was put there"
    : undefined;
}

function remedyOf(local: LocalControlPlane, database: DatabaseFile | undefined): Remedy {
  const found = [...mountSteps(database), ...beforeSteps(local, database?.before)];
  const steps = found.length > 0 ? found : [...searchSteps(local)];
  return [...steps, local.isKeyless === true ? beginAgain() : newKey("Only if the keys are lost: to make")];
}

function mountText({ type, source }: { readonly type: string; readonly source: string }): string {
  return `a file system (${printable(type, 40)}, source ${printable(source, 200)})`;
}

/** Each with the whole repair: the service keeps what it has open. */
function mountSteps(database: DatabaseFile | undefined): readonly Step[] {
  const stop = asRoot(`systemctl stop ${SERVICE}`);
  // Of a key that is refused, the agent's next try may be minutes away.
  const start = [asRoot(`systemctl start ${SERVICE}`), forAgent("retry")];
  if (database?.unmounted !== undefined) {
    const { folder, fstabLine } = database.unmounted;
    const say = `${printable(folder, 400)} is not mounted, and /etc/fstab line ${fstabLine} says that it should be. Run:`;
    return [step(say, stop, asRoot(`mount ${shellWord(folder)}`), ...start)];
  }
  if (database?.over === undefined) {
    return [];
  }
  const { point, fstabLine } = database.over;
  const line = fstabLine === 0 ? "" : ` by /etc/fstab line ${fstabLine}`;
  const over = `${capitalized(mountText(database.over))} is mounted on ${printable(point, 400)}${line}, and hides what was there before.`;
  const unmount = [stop, asRoot(`umount ${shellWord(point)}`), ...start];
  return fstabLine === 0
    ? [step(`${over} To have that again, run:`, ...unmount)]
    : [
        step(
          `${over} systemd would mount it again with the service, so make that line a comment first:`,
          asRoot(commentOut("/etc/fstab", { line: fstabLine })),
          asRoot("systemctl daemon-reload"),
        ),
        step("Then run:", ...unmount),
      ];
}

function beforeSteps(
  { databaseSource = SETTINGS }: LocalControlPlane,
  before: DatabaseFile["before"],
): readonly Step[] {
  if (before === undefined) {
    return [];
  }
  const path = printable(before.path, 400);
  const setting =
    before.path === DEFAULT_DATABASE
      ? "remove DATABASE_URL"
      : before.path.startsWith("/")
        ? `set DATABASE_URL=file:${path}`
        : "set DATABASE_URL to it again";
  const say = `When it started at ${utcTime(before.startedAt)}, its database was ${path}. If the keys are there, ${setting} in ${databaseSource}, then run:`;
  return [step(say, asRoot(`systemctl restart ${SERVICE}`), forAgent("retry"))];
}

function searchSteps({ databaseSource = SETTINGS }: LocalControlPlane): readonly Step[] {
  return [
    step(
      "If the keys are in another file, that one has to be its database. To find such files, run:",
      asRoot("find / -xdev -type f -name 'control-plane*' -size +40k"),
    ),
    step(
      `Then set DATABASE_URL to it in ${databaseSource}, and restart ${SERVICE}. If the file is lost, restore a backup: ${RESTORE}.`,
    ),
  ];
}

/** Where the control plane is on this host, one line makes a key and puts it in. */
export function newKey(start = "Keys are made by the control plane of this host. To make"): Step {
  return step(`${start} one and put it in, run:`, keyCommand());
}

function beginAgain(): Step {
  return step(
    "Only if there are no such keys, as in a new installation: to make an organization and a key, run:",
    asRoot("novacula-control-plane org create NAME"),
    keyCommand(),
  );
}

/** Prints a key and nothing else. */
export const CREATE_KEY = "novacula-control-plane keys create --name replacement --key-only";

function keyCommand(): string {
  return `${asRoot(CREATE_KEY)} | ${forAgent("set-key")}`;
}
