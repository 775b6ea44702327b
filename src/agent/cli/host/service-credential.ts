import { stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../../lib/errors.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { type CredentialSource, credentialSource, unitCredentials } from "../../systemd/unit-credentials.ts";

/** Where systemd looks for a credential without a path, in this order: systemd.exec(5). */
const STORES = [
  "/run/credentials/@system",
  "/etc/credstore",
  "/run/credstore",
  "/usr/local/lib/credstore",
  "/usr/lib/credstore",
];

/** Where the service gets a credential from. */
export type FoundCredential =
  | { readonly kind: "source"; readonly source: CredentialSource; readonly path: string | undefined }
  /** Its unit has no credential of that name. */
  | { readonly kind: "none" }
  /** systemd did not say. */
  | { readonly kind: "unknown" };

/** Asks systemd where the service gets the credential `name` from. */
export async function serviceCredential(name: string): Promise<FoundCredential> {
  const credentials = await unitCredentials(SERVICE);
  if (credentials === undefined) {
    return { kind: "unknown" };
  }
  const source = credentialSource(name, credentials);
  return source === undefined ? { kind: "none" } : { kind: "source", source, path: await pathOf(source) };
}

/**
 * The file in which a command can read the credential: its source if that is not encrypted, because
 * the service uses it after a restart; otherwise the copy that the service got. Without either it
 * is the source, because the service cannot start before that is there.
 */
export async function readableCredential(name: string): Promise<string | undefined> {
  const found = await serviceCredential(name);
  if (found.kind === "unknown") {
    return undefined;
  }
  const copy = join("/run/credentials", SERVICE, name);
  const source = found.kind === "source" && !isEncrypted(found.source) ? found.path : undefined;
  return source !== undefined && ((await isFile(source)) || !(await isFile(copy))) ? source : copy;
}

export function isEncrypted(source: CredentialSource): boolean {
  return source.kind !== "import" && source.isEncrypted;
}

async function pathOf(source: CredentialSource): Promise<string | undefined> {
  switch (source.kind) {
    case "path":
      return source.path;
    case "folder":
      return join(source.path, source.entry);
    case "store":
      return await firstOf(
        STORES.map((folder) => `${folder}${source.isEncrypted ? ".encrypted" : ""}/${source.name}`),
      );
    default:
      return undefined;
  }
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await isFile(path)) {
      return path;
    }
  }
  return undefined;
}

/** True also if this user may not know. */
async function isFile(path: string | undefined): Promise<boolean> {
  if (path === undefined) {
    return false;
  }
  return await inTime(path, () => stat(path)).then(
    (stats) => stats.isFile(),
    (error: unknown) => errorCode(error) === "EACCES",
  );
}
