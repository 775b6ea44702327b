import { constants } from "node:fs";
import { lstat, mkdir, open, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { neededInTime } from "../../../lib/files/file-answer.ts";
import { holdPlace, LinkInOpenFolder } from "../../../lib/files/held-place.ts";
import { type Identity, userOf } from "../host/user/identity.ts";

/**
 * Changes a process of root, for good, to the user that owns `dataDir`. So it leaves no files that
 * the owner cannot write, and no link can lead root elsewhere. Resolves with whether the user
 * changed; it does not if root owns the folder. Rejects with an OperatorError if a folder does not
 * answer: root must not touch what may belong to another user, and setuid(2) would wait for a
 * thread that hangs.
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
      `cannot become ${owner.name}, the owner of ${dataDir}. Fix: run the agent as that user`,
      {
        cause: error,
      },
    );
  }
  return true;
}

/**
 * The owner of the folder, else of the nearest one above it that is not root's; undefined if root
 * owns all of them.
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

/** Who could redirect the link; undefined if only root can. */
async function ownerOfLink({ link, folder }: LinkInOpenFolder): Promise<Identity | undefined> {
  const { uid, gid } = folder.uid === 0 ? await lstat(link) : folder;
  return uid === 0 ? undefined : userOf(uid, gid);
}

/** Makes the folder while the process is still root: only root can make one in /run. */
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
    // It exists, or the user can make it, or the agent will report what is wrong.
  }
}
