import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import * as z from "zod";
import { errorCode } from "../../../lib/errors.ts";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";

/** The path of the record. Only root can write to its folder, unlike to /var/lib/novacula. */
export const INSTALL_RECORD = "/var/lib/novacula-agent-install.json";

const recordSchema = z.strictObject({
  format: z.literal(1),
  files: z.array(
    z.strictObject({ path: z.string().startsWith("/"), sha256: z.string().regex(/^[0-9a-f]{64}$/u) }),
  ),
});

/** The files that `install` wrote: `uninstall` removes these and no others. */
export type InstallRecord = z.infer<typeof recordSchema>;
/** A file that `install` wrote, with its absolute path and its SHA-256 in hex. */
export type InstalledFile = InstallRecord["files"][number];

const LONGEST_RECORD = 64 * 1024;

/** Reads the record; undefined unless it is valid, root owns it, and only root can write to it. */
export async function readInstallRecord(path = INSTALL_RECORD): Promise<InstallRecord | undefined> {
  const file = await openRegular(path);
  if (typeof file === "string") {
    return undefined;
  }
  await using _closed = file;
  const { uid, mode, size } = await file.stat();
  if (uid !== 0 || (mode & 0o022) !== 0 || size > LONGEST_RECORD) {
    return undefined;
  }
  try {
    return recordSchema.parse(JSON.parse(await file.readFile("utf8")));
  } catch {
    return undefined;
  }
}

/** The record with `written` added, replacing entries with the same paths. */
export function withFiles(
  record: InstallRecord | undefined,
  written: readonly InstalledFile[],
): InstallRecord {
  const paths = new Set(written.map(({ path }) => path));
  const kept = (record?.files ?? []).filter(({ path }) => !paths.has(path));
  return { format: 1, files: [...kept, ...written] };
}

/** Replaces the record. Needs root. */
export async function writeInstallRecord(record: InstallRecord): Promise<void> {
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  await writeFileAtomically(INSTALL_RECORD, text, { mode: 0o644, owner: { uid: 0, gid: 0 } });
}

/** Whether the file still has the same bytes, and is not a link. */
export async function stateOf({ path, sha256 }: InstalledFile): Promise<"unchanged" | "changed" | "missing"> {
  const file = await openRegular(path);
  if (typeof file === "string") {
    return file;
  }
  await using _closed = file;
  const hash = createHash("sha256");
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    hash.update(chunk);
  }
  return hash.digest("hex") === sha256 ? "unchanged" : "changed";
}

async function openRegular(path: string): Promise<FileHandle | "changed" | "missing"> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) {
      return file;
    }
    await file.close();
    return "changed";
  } catch (error) {
    return errorCode(error) === "ENOENT" ? "missing" : "changed";
  }
}
