import { closeSync, constants, fchownSync, lstatSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { holdPlace, LinkInOpenFolder } from "../../../lib/files/held-place.ts";
import { type Identity, userOf } from "../host/service-user.ts";

/**
 * Root becomes the user whose folder `dataDir` is, for good: it leaves no file there that this user
 * could not write, and cannot be led elsewhere by a link. True where it did. Where the folder is
 * root's own, and on a host of one's own, nothing changes.
 */
export async function becomeOwner(
  { dataDir, runtimeDir }: { readonly dataDir: string; readonly runtimeDir: string },
  terminal: Terminal,
): Promise<boolean> {
  if (process.geteuid?.() !== 0) {
    return false;
  }
  const owner = await ownerOf(dataDir);
  if (owner === undefined) {
    return false;
  }
  await giveFolder(runtimeDir, owner);
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
    const itself = lstatSync(place.handle, { throwIfNoEntry: false });
    const foreign = [...place.open, ...(itself === undefined ? [] : [itself])].findLast(
      ({ uid }) => uid !== 0,
    );
    return foreign && userOf(foreign.uid, foreign.gid);
  } catch (error) {
    if (error instanceof LinkInOpenFolder) {
      return ownerOfLink(error) ?? (await ownerOf(realpathSync(folder)));
    }
    const parent = dirname(folder);
    return errorCode(error) === "ENOENT" && parent !== folder ? await ownerOf(parent) : undefined;
  }
}

/** Who may have it lead elsewhere, where that is not root alone. */
function ownerOfLink({ link, folder }: LinkInOpenFolder): Identity | undefined {
  const { uid, gid } = folder.uid === 0 ? lstatSync(link) : folder;
  return uid === 0 ? undefined : userOf(uid, gid);
}

/** /run is root's: a folder in it is made while that can be done. */
async function giveFolder(folder: string, { uid, gids }: Identity): Promise<void> {
  try {
    await using place = await holdPlace(folder);
    if (place.open.length > 0) {
      return;
    }
    mkdirSync(place.handle, { mode: 0o750 });
    const made = openSync(place.handle, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    fchownSync(made, uid, gids[0] ?? uid);
    closeSync(made);
  } catch {
    // It is there, or the user makes it, or the agent says what is wrong with it.
  }
}
