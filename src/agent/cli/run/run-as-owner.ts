import { constants } from "node:fs";
import { lstat, mkdir, open, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { neededInTime } from "../../../lib/files/file-answer.ts";
import { holdPlace, LinkInOpenFolder } from "../../../lib/files/held-place.ts";
import { type Identity, userOf } from "../host/service-user.ts";

/**
 * Root becomes the user whose folder `dataDir` is, for good: it leaves no file there that this user
 * could not write, and cannot be led elsewhere by a link. True where it did. Where the folder is
 * root's own, and on a host of one's own, nothing changes. Rejects with an OperatorError where one
 * of the folders does not answer: root must not go on with what may be another user's, and setuid(2)
 * waits for a thread that hangs.
 */
export async function becomeOwner(
  { dataDir, runtimeDir }: { readonly dataDir: string; readonly runtimeDir: string },
  terminal: Terminal,
): Promise<boolean> {
  if (process.geteuid?.() !== 0) {
    return false;
  }
  const owner = await neededInTime(dataDir, () => ownerOf(dataDir));
  if (owner === undefined) {
    return false;
  }
  await neededInTime(runtimeDir, () => giveFolder(runtimeDir, owner));
  complain(
    terminal,
    `novacula-agent: ${dataDir} belongs to ${owner.name}, so the agent runs as ${owner.name}, not as root`,
  );
  try {
    process.setgroups?.([...owner.gids]);
    process.setgid?.(owner.gids[0] ?? owner.uid);
    process.setuid?.(owner.uid);
  } catch (error) {
    throw new OperatorError(
      `cannot become ${owner.name}, to whom ${dataDir} belongs: run the agent as that user`,
      {
        cause: error,
      },
    );
  }
  return true;
}

/**
 * Of the folder, or of the innermost one on the way to it, that is not root's; undefined where all
 * are.
 */
async function ownerOf(folder: string): Promise<Identity | undefined> {
  try {
    await using place = await holdPlace(folder);
    const itself = await lstat(place.handle).then(
      (stats) => [stats],
      () => [],
    );
    const foreign = [...place.open, ...itself].findLast(({ uid }) => uid !== 0);
    return foreign && userOf(foreign.uid, foreign.gid);
  } catch (error) {
    if (error instanceof LinkInOpenFolder) {
      return (await ownerOfLink(error)) ?? (await ownerOf(await realpath(folder)));
    }
    const parent = dirname(folder);
    return errorCode(error) === "ENOENT" && parent !== folder ? await ownerOf(parent) : undefined;
  }
}

/** Who may have it lead elsewhere, where that is not root alone. */
async function ownerOfLink({ link, folder }: LinkInOpenFolder): Promise<Identity | undefined> {
  const { uid, gid } = folder.uid === 0 ? await lstat(link) : folder;
  return uid === 0 ? undefined : userOf(uid, gid);
}

/** /run is root's: a folder in it is made while that can be done. */
async function giveFolder(folder: string, { uid, gids }: Identity): Promise<void> {
  try {
    await using place = await holdPlace(folder);
    if (place.open.length > 0) {
      return;
    }
    await mkdir(place.handle, { mode: 0o750 });
    await using made = await open(
      place.handle,
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
    );
    await made.chown(uid, gids[0] ?? uid);
  } catch {
    // It is there, or the user makes it, or the agent says what is wrong with it.
  }
}
