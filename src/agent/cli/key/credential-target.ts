import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { errorCode } from "../../../lib/errors.ts";
import { neededInTime } from "../../../lib/files/file-answer.ts";
import { folderText, holdPlace, LinkInOpenFolder, type OpenFolder } from "../../../lib/files/held-place.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, forAgent, shellWord } from "../../../lib/shell-word.ts";
import type { CredentialSource } from "../../systemd/unit-credentials.ts";
import { serviceCredential } from "../host/service-credential.ts";

const edit = () => asRoot("systemctl edit novacula-agent");
const restart = () => asRoot("novacula-agent restart");
/** Where an administrator keeps a key for `LoadCredential=`. */
const USUAL = "/etc/novacula/key";

/**
 * The file that set-key has to write, so that the service gets another key as the credential
 * `name` after a restart. Rejects with a CommandError if there is no such file: then set-key must
 * not even ask for the key.
 */
export async function credentialTarget(name: string): Promise<string> {
  if (process.geteuid?.() !== 0) {
    throw new CommandError("no_permission", "only root can write the source of a systemd credential", {
      fix: forAgent("set-key"),
    });
  }
  const found = await serviceCredential(name);
  const what = `the key is the systemd credential ${printable(name)}`;
  if (found.kind === "unknown") {
    throw refusal(`${what}, and systemd does not say where it comes from`, [
      "write the key to the file that LoadCredential= names, then restart the service:",
      asRoot("systemctl cat novacula-agent"),
      restart(),
    ]);
  }
  if (found.kind === "none") {
    throw refusal(`${what}, but the unit has no credential of that name`, [
      `add this below [Service] with ${edit()}, then run set-key again:`,
      `LoadCredential=${printable(name)}:${USUAL}`,
    ]);
  }
  const { source, path } = found;
  if (source.kind !== "path" && (source.kind !== "store" || path === undefined)) {
    throw notAFile(what, name, source, path);
  }
  if (source.isEncrypted || path === undefined) {
    throw encrypted(what, name, path ?? source.kind);
  }
  await assertWritable(what, name, path);
  return path;
}

/** Written into the unit, into a folder of keys, or somewhere else. */
function notAFile(
  what: string,
  name: string,
  source: CredentialSource,
  path: string | undefined,
): CommandError {
  switch (source.kind) {
    case "inline":
      return refusal(
        `${what}, which is written in the unit itself (${source.isEncrypted ? "SetCredentialEncrypted=" : "SetCredential=, which every user of this host can read"})`,
        [
          `put this in its place with ${edit()}, then run set-key again:`,
          `LoadCredential=${printable(name)}:${USUAL}`,
        ],
      );
    case "folder":
      return refusal(`${what}, and comes from a folder of credentials, ${printable(source.path, 4096)}`, [
        `write the key to ${shellWord(path ?? source.path)}, then run:`,
        restart(),
      ]);
    case "import":
      return refusal(`${what}, which ImportCredential=${printable(source.pattern)} gets from the host`, [
        `change it where the host gets it from, or add this below [Service] with ${edit()}, and run set-key again:`,
        `LoadCredential=${printable(name)}:${USUAL}`,
      ]);
    default:
      return refusal(`${what}, and no credential store of this host has it`, [
        `add this below [Service] with ${edit()}, then run set-key again:`,
        `LoadCredential=${printable(name)}:${USUAL}`,
      ]);
  }
}

/** set-key would leave a copy in clear, and cannot know with which key to encrypt. */
function encrypted(what: string, name: string, path: string): CommandError {
  const encrypt = `systemd-ask-password -n | ${asRoot(`systemd-creds encrypt --name=${shellWord(name)} - ${shellWord(path)}`)}`;
  return refusal(`${what}, which is encrypted in ${printable(path, 4096)}`, [
    "encrypt the new key yourself, then restart the service:",
    encrypt,
    restart(),
  ]);
}

async function assertWritable(what: string, name: string, path: string): Promise<void> {
  const shown = printable(path, 4096);
  const stats = await neededInTime(path, () => statOf(path));
  if (stats?.isSocket() === true) {
    throw refusal(`${what}, and comes from a program that listens at ${shown}`, [
      "give the new key to that program, then run:",
      restart(),
    ]);
  }
  if (stats !== undefined && !stats.isFile()) {
    throw refusal(`${what}, and ${shown} is not a regular file`, [
      "change the key where that gets it from, then run:",
      restart(),
    ]);
  }
  const folder = await neededInTime(path, () => openFolderAbove(path));
  if (folder !== undefined) {
    throw refusal(
      `${what}, and comes from ${shown}, but others than root can write to ${folderText(folder)}`,
      [
        `copy the file to a folder that only root can write to, and name that in LoadCredential= with ${edit()}:`,
        asRoot(`install -m 0600 ${shellWord(path)} ${USUAL}`),
        `LoadCredential=${printable(name)}:${USUAL}`,
      ],
    );
  }
}

/** The folder on the way to the file that others than root can write to, if there is one. */
async function openFolderAbove(path: string): Promise<OpenFolder | undefined> {
  try {
    await using place = await holdPlace(path);
    return place.open[0];
  } catch (error) {
    if (error instanceof LinkInOpenFolder) {
      return error.folder;
    }
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** undefined if the file is missing: set-key creates it. */
async function statOf(path: string): Promise<Stats | undefined> {
  return await stat(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  });
}

/** The lines of the fix: what to do, then each command on a line of its own. */
function refusal(why: string, fix: readonly string[]): CommandError {
  return new CommandError("refused", `${why}, so set-key cannot write it. Nothing was asked or written`, {
    fix: fix.join("\n"),
  });
}
