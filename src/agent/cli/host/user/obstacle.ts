import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { moveOut } from "../../../../lib/files/folder-entry.ts";
import { printable } from "../../../../lib/printable.ts";
import { asOwner, asRoot, shellWord } from "../../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../../lib/text/remedy.ts";
import { asUser } from "./as-user.ts";
import { type ClosedPlaces, closedToReader } from "./closed-places.ts";
import type { Identity } from "./identity.ts";

/** Why a user cannot read a file, and the command that fixes it. */
export interface Obstacle {
  readonly problem: string;
  readonly remedy: Remedy;
}

/**
 * Why `user` cannot read `path`; undefined if it can. Root lets the kernel decide, because an ACL
 * may allow or deny what the modes do not. The explanation goes by the modes of the file and of the
 * folders above it, all of them that keep the user out. Rejects if the file is missing.
 */
export async function obstacleFor(user: Identity, path: string): Promise<Obstacle | undefined> {
  const real = await realpath(path);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot && (await canOpen(user, path))) {
    return undefined;
  }
  const obstacle = await modeObstacle(user, path);
  if (obstacle !== undefined || !isRoot) {
    return obstacle;
  }
  const word = shellWord(real);
  return {
    problem: `the service's user ${user.name} cannot read ${printable(real, 4096)}, although its mode allows it: an ACL, a security module or the file system forbids it`,
    remedy: [
      step("To see an ACL, run:", asRoot(`getfacl ${word}`)),
      step("If it is the ACL, run:", asRoot(`setfacl -m u:${user.name}:r ${word}`)),
    ],
  };
}

/** One at a time: the rights are those of the whole process. */
let lastOpen: Promise<unknown> = Promise.resolve();

async function canOpen(user: Identity, path: string): Promise<boolean> {
  const opened = lastOpen.then(() =>
    asUser(user, async () => {
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      await file.close();
    }),
  );
  lastOpen = opened.catch(() => undefined);
  return await opened.then(
    () => true,
    () => false,
  );
}

async function modeObstacle(user: Identity, path: string): Promise<Obstacle | undefined> {
  const closed = await closedToReader(user, path);
  return (
    closed && { problem: closed.problem, remedy: user.isPassing === true ? LASTING : remedyOf(closed, path) }
  );
}

const LASTING = "Give the service a user that lasts: an account of this host in User=, without DynamicUser=.";

function remedyOf({ keptShut, commands, ownerUid }: ClosedPlaces, file: string): Remedy {
  return keptShut !== undefined
    ? `${moveOut(file, keptShut)}.`
    : [step("Run:", ...commands.map((command) => asOwner(ownerUid, command)))];
}
