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
import { shellWord } from "../../../lib/shell-word.ts";
import { asUser } from "./as-user.ts";
import { type Identity, serviceUser, userOf } from "./service-user.ts";

const ELSEWHERE =
  "move the file to a folder such as /etc/novacula, where only root may write on the whole path";

/** Where a file is written. */
export interface WritePlace {
  /** For reading and writing while the place is held; the last part is no link. */
  readonly path: string;
  /** False where the service's user writes, and what it writes is its own. */
  readonly mayGiveAway: boolean;
}

/**
 * Holds the place of the file `path` during `work`. For root: links are followed only where every
 * folder on the way belongs to root and nobody else may write it; in a folder of the service's user
 * `work` is done as that user, and no link is followed; every other place is refused with an
 * OperatorError. Other users write what their rights allow.
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
    throw refused(path, `its folder belongs to ${user.name}, who may not: give the file to ${user.name}`);
  }
}

/**
 * Rejects for root where another user may write on the way to `path`: what is made there could
 * become that user's.
 * `elsewhere`: which other place to take, a clause in the imperative.
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

/** A file that is not there yet is made at its path. */
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
      `${printable(link, 4096)} is a symbolic link in ${folderText(folder)}, and could lead anywhere: ${remedy}`,
    );
  }
}

/** undefined: root itself. */
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
  return refused(path, `not only root may write ${folderText(folder)}: ${remedyOf(folder, elsewhere)}`);
}

/**
 * Never a chown, and no chmod of a shared folder: either would lock out those whose folder it is,
 * /tmp's users say.
 */
function remedyOf({ path, uid, gid, mode }: OpenFolder, elsewhere: string): string {
  if (uid !== 0) {
    return `run this as ${userOf(uid, gid).name}, or ${elsewhere}`;
  }
  return (mode & 0o1000) !== 0
    ? elsewhere
    : `${elsewhere}, or close the folder: chmod go-w ${shellWord(path)}`;
}

function refused(path: string, why: string): OperatorError {
  return new OperatorError(`cannot write ${printable(path, 4096)} as root, so nothing was written: ${why}`);
}
