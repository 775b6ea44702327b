import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { errorCode } from "../../../lib/errors.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { type FileReader, ownReader } from "../../config/file/file-access.ts";
import { quotedWords } from "../../systemd/service/quoted-words.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { unitProperties } from "../../systemd/systemctl.ts";
import { readableCredential } from "./service-credential.ts";
import { type Identity, passingUser, serviceUser, unitUser } from "./user/identity.ts";
import { type Obstacle, obstacleFor } from "./user/obstacle.ts";

/**
 * The user that the unit runs as; without a loaded unit, the packaged user; undefined if there is
 * neither.
 */
export async function serviceIdentity(): Promise<Identity | undefined> {
  const unit = await unitProperties(SERVICE, [
    "LoadState",
    "User",
    "Group",
    "SupplementaryGroups",
    "DynamicUser",
  ]).catch(() => undefined);
  if (unit?.LoadState !== "loaded") {
    return serviceUser();
  }
  const user = unitUser({ ...unit, SupplementaryGroups: quotedWords(unit.SupplementaryGroups) });
  return user ?? (unit.DynamicUser === "yes" ? passingUser(unit.User) : undefined);
}

/**
 * Which of `files` the user of the service cannot read. Root can read everything, so only root gets
 * an answer. A missing file is none of them.
 */
export async function unreadableForService(
  files: readonly string[],
): Promise<readonly (Obstacle & { readonly file: string })[]> {
  const user = process.geteuid?.() === 0 ? await serviceIdentity() : undefined;
  if (user === undefined) {
    return [];
  }
  const found = await Promise.all(
    files.map(async (file) => {
      const obstacle = await inTime(file, () => obstacleFor(user, file)).catch(() => undefined);
      return obstacle === undefined ? [] : [{ file, ...obstacle }];
    }),
  );
  return found.flat();
}

/** Whether this user may not read one of the files: that says nothing about the files. */
export async function isAnyDenied(files: readonly string[]): Promise<boolean> {
  const denied = await Promise.all(
    files.map((file) =>
      inTime(file, () => access(file, constants.R_OK)).then(
        () => false,
        (error: unknown) => ["EACCES", "EPERM"].includes(errorCode(error) ?? ""),
      ),
    ),
  );
  return denied.includes(true);
}

/**
 * The reader that remedies are for: the service's user, who is unknown unless root asks. Without a
 * service, it is this user.
 */
export async function serviceReader(): Promise<FileReader> {
  const service = await serviceIdentity();
  if (service === undefined) {
    return { ...ownReader(), credentialFile: readableCredential };
  }
  if (process.geteuid?.() !== 0) {
    return { kind: "unknown", credentialFile: readableCredential };
  }
  const { uid, gids, groupName } = service;
  const group = uid === 0 ? undefined : { name: groupName, gid: gids[0] ?? uid };
  return { kind: "known", uid, group, credentialFile: readableCredential };
}
