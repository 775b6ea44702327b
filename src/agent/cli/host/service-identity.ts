import { type FileReader, ownReader } from "../../config/file/file-access.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { unitProperties } from "../../systemd/systemctl.ts";
import { readableCredential } from "./service-credential.ts";
import { type Identity, serviceUser, userNamed } from "./service-user.ts";

/**
 * The user that the unit runs as; without a loaded unit, the packaged user; undefined if there is
 * neither.
 */
export async function serviceIdentity(): Promise<Identity | undefined> {
  const unit = await unitProperties(SERVICE, ["LoadState", "User", "Group"]).catch(() => undefined);
  if (unit?.LoadState !== "loaded") {
    return serviceUser();
  }
  return userNamed(unit.User || "root", unit.Group);
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
