import { realpath } from "node:fs/promises";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import {
  folderText,
  type HeldPlace,
  holdPlace,
  LinkInOpenFolder,
  type OpenFolder,
} from "../../../lib/files/held-place.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { lockOf } from "./denied-write.ts";
import { asUser } from "./user/as-user.ts";
import { type Identity, serviceUser, userOf } from "./user/identity.ts";

const ELSEWHERE = "move the file to a folder that only root can write to, such as /etc/novacula";

/** A place to write a file to. */
export interface WritePlace {
  /** Valid while the place is held. Its last part is not a link. */
  readonly path: string;
  /** False if the service's user writes: the file then belongs to that user. */
  readonly mayGiveAway: boolean;
}

/**
 * Holds the place of the file `path` during `work`. Root follows links only through folders that
 * nobody else can write to. In a folder of the service's user, `work` runs as that user and follows
 * no links. Every other place is refused with an OperatorError. Without root, the user's own rights
 * decide.
 */
export async function inPlace<T>(
  path: string,
  work: (place: WritePlace) => Promise<T>,
  service = serviceUser(),
): Promise<T> {
  if (process.geteuid?.() !== 0) {
    return await work({ path: await behindLinks(path), mayGiveAway: true });
  }
  await using place = await hold(path);
  const user = writerOf(path, place, service);
  if (user === undefined) {
    return await work({ path: place.handle, mayGiveAway: true });
  }
  try {
    return await asUser(user, () => work({ path: place.handle, mayGiveAway: false }));
  } catch (error) {
    if (!["EACCES", "EPERM"].includes(errorCode(error) ?? "")) {
      throw error;
    }
    const lock = await lockOf(path);
    throw refused(
      path,
      lock === undefined
        ? `its folder belongs to ${user.name}, who has no permission. Fix: give the file to ${user.name}`
        : `${lock.why}.\nFix: ${lock.fix}`,
    );
  }
}

/**
 * Rejects for root if another user can write to a folder above `path`: that user could replace what
 * root makes there. `elsewhere` names another place, as a clause in the imperative.
 */
export async function assertRootOnly(path: string, elsewhere: string): Promise<void> {
  if (process.geteuid?.() !== 0) {
    return;
  }
  await using place = await hold(path, elsewhere);
  const [foreign] = place.open;
  if (foreign !== undefined) {
    throw notRoots(path, foreign, elsewhere);
  }
}

/** The path behind all links; unchanged if the file is missing. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return path;
    }
    throw error;
  }
}

async function hold(path: string, elsewhere = ELSEWHERE): Promise<HeldPlace> {
  try {
    return await holdPlace(path);
  } catch (error) {
    if (!(error instanceof LinkInOpenFolder)) {
      throw error;
    }
    const { link, folder } = error;
    const remedy = `name the file that the link leads to, or ${remedyOf(folder, elsewhere)}`;
    throw refused(
      path,
      `${printable(link, 4096)} is a symbolic link in ${folderText(folder)}, so it could lead anywhere. Fix: ${remedy}`,
    );
  }
}

/** The user that writes; undefined for root itself. Throws if others can write to a folder. */
function writerOf(path: string, { open }: HeldPlace, user: Identity | undefined): Identity | undefined {
  if (open.length === 0) {
    return undefined;
  }
  const foreign = open.find(({ uid, mode }) => uid !== user?.uid || (mode & 0o022) !== 0);
  if (foreign === undefined) {
    return user;
  }
  throw notRoots(path, foreign);
}

function notRoots(path: string, folder: OpenFolder, elsewhere = ELSEWHERE): OperatorError {
  return refused(
    path,
    `others than root can write to ${folderText(folder)}. Fix: ${remedyOf(folder, elsewhere)}`,
  );
}

/** Never a chown, nor a chmod of a shared folder such as /tmp: that would lock out its users. */
function remedyOf({ path, uid, gid, mode }: OpenFolder, elsewhere: string): string {
  if (uid !== 0) {
    return `run this as ${userOf(uid, gid).name}, or ${elsewhere}`;
  }
  return (mode & 0o1000) !== 0
    ? elsewhere
    : `${elsewhere}, or restrict the folder: ${asRoot(`chmod go-w ${shellWord(path)}`)}`;
}

function refused(path: string, why: string): OperatorError {
  return new OperatorError(`cannot write ${printable(path, 4096)} as root, so nothing was written: ${why}`);
}
