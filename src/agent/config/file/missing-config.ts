import { existsSync } from "node:fs";
import { COMMENT_IN_VALUE, holdsComment } from "../../../lib/command-line/environment-variable.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { agentCommand, asRoot, inPlace, shellWord } from "../../../lib/shell-word.ts";
import { moveAway } from "../../../lib/text/file-command.ts";
import { type Remedy, step, stepsOf } from "../../../lib/text/remedy.ts";
import { fileBelow } from "./file-below.ts";
import { type FolderInstead, folderInstead } from "./folder-instead.ts";
import { CREATE } from "./read-file.ts";

/** Why there is no text of the file, and what to do about it if it is any file. */
interface Unread {
  readonly code: string;
  readonly isFolder?: boolean;
  readonly remedy: Remedy;
}

/**
 * What to do if agent.toml is not there, or if a folder is.
 * `example` is the file that a new one may begin with.
 */
export async function missingConfigRemedy(
  path: string,
  { code, isFolder = false, remedy }: Unread,
  example: string | undefined,
): Promise<Remedy> {
  if (code === "not-found" && holdsComment(path)) {
    return `Put the comment behind NOVACULA_CONFIG on a line of its own: ${COMMENT_IN_VALUE}.`;
  }
  const inPod = inPlace({ host: undefined, pod: "Mount the whole volume of a ConfigMap that has the file." });
  if (inPod !== undefined && (code === "not-found" || isFolder)) {
    return inPod;
  }
  const begin = example !== undefined && existsSync(example) ? beginWith(example, path) : undefined;
  // `--config /etc/novacula` means a file in it: the folder has to stay.
  if (isFolder && path.endsWith(".toml")) {
    return folderRemedy(path, await folderInstead(path), begin);
  }
  const steps = stepsOf(remedy);
  const below =
    code === "not-found" && steps.length === 1
      ? await inTime(path, () => fileBelow(path, example !== undefined)).catch(() => undefined)
      : undefined;
  if (below !== undefined) {
    return below;
  }
  // A mount explains it: a new file would only be in the way.
  if (code !== "not-found" || begin === undefined || steps.length > 1) {
    return remedy;
  }
  return [
    remedy === CREATE ? step("Restore it, or name another file.") : steps,
    step(`${afterwards()} To begin with the example, run:`, asRoot(begin)),
  ].flat();
}

const afterwards = () => `A new one needs control_plane.url, and the key from ${agentCommand("set-key")}.`;

function folderRemedy(path: string, { names, meant }: FolderInstead, begin: string | undefined): Remedy {
  const folder = shellWord(path);
  const move = asRoot(moveAway(path, `${path}.folder`));
  if (meant !== undefined) {
    const inside = shellWord(`${path}.folder${meant.slice(path.length)}`);
    return [step("Take the file out of it. Run:", move, asRoot(`mv ${inside} ${folder}`))];
  }
  const clear = names?.length === 0 ? asRoot(`rmdir ${folder}`) : move;
  return begin === undefined
    ? [step("Clear the place, then put the file there. Run:", clear)]
    : [
        step("Clear the place, then put the file there."),
        step(`${afterwards()} To begin with the example, run:`, clear, asRoot(begin)),
      ];
}

/** Owner and mode as the package has them. */
function beginWith(example: string, path: string): string {
  return `install -o root -g novacula -m 0640 ${shellWord(example)} ${shellWord(path)}`;
}
