import { join } from "node:path";
import { printable } from "../../lib/printable.ts";
import { asRoot, forAgent } from "../../lib/shell-word.ts";
import { type Remedy, step } from "../../lib/text/remedy.ts";
import type { FileReader } from "./file/file-access.ts";
import type { TextRead } from "./file/file-reads.ts";

/** Where systemd has the credentials that it gave to services: systemd.exec(5). */
const GIVEN = /^\/run\/credentials\/[^/]+\/([^/]+)$/u;

/** The file of a systemd credential. */
export interface CredentialFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Whether it is systemd's copy for the service. If not, it is where systemd gets it from. */
  readonly isCopy: boolean;
}

/**
 * The name of the credential that `control_plane.access_token_file` names; undefined for the path
 * of an ordinary file. A name has no slash (`LoadCredential=name:…`).
 */
export function credentialName(written: string, directory?: string): string | undefined {
  if (!written.includes("/")) {
    return written;
  }
  const isBelow = directory !== undefined && written.startsWith(join(directory, "/"));
  return isBelow ? written.slice(join(directory, "/").length) : GIVEN.exec(written)?.[1];
}

/**
 * Finds the file of a credential. Undefined if nothing says where it is: neither the reader nor
 * `directory`, which is `$CREDENTIALS_DIRECTORY`.
 */
export async function credentialFile(
  name: string,
  directory: string | undefined,
  reader: FileReader,
): Promise<CredentialFile | undefined> {
  const found = await reader.credentialFile?.(name);
  const given = directory?.startsWith("/") === true ? join(directory, name) : undefined;
  const path = found ?? given;
  return path === undefined ? undefined : { name, path, isCopy: path === given || GIVEN.test(path) };
}

/** `systemd credential novacula-key`, with the file if that is its source. */
export function credentialLabel({ name, path, isCopy }: CredentialFile): string {
  const label = `systemd credential ${printable(name)}`;
  return isCopy ? label : `${printable(path)} (${label})`;
}

/** What to do about a credential that cannot be read. */
export function credentialRemedy(
  { name, isCopy }: CredentialFile,
  { code, remedy }: Exclude<TextRead, { kind: "text" }>,
): Remedy {
  const restart = asRoot("novacula-agent restart");
  if (code === "not-found" && isCopy) {
    return [
      step("systemd puts it there when the service starts. If the service does not run:", restart),
      step(
        `If it runs, add LoadCredential=${printable(name)}:/its/path to its unit:`,
        asRoot("systemctl edit novacula-agent"),
        restart,
      ),
    ];
  }
  if (code === "not-found") {
    return [
      step(
        "systemd loads the credential from it at each start, so the service cannot start. To write a key there, run:",
        forAgent("set-key --restart"),
      ),
    ];
  }
  return code === "unreadable"
    ? [
        step(
          "Only root can read the source of a credential: use sudo. A new key needs a restart, not a reload:",
          restart,
        ),
      ]
    : remedy;
}
