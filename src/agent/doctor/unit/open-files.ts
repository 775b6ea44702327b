import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { commentOut } from "../../../lib/text/file-command.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";

/** Node.js opens some twenty at its start, and raises the soft limit to the hard one. */
const FEW_FILES = 64;

function isTight(limit: Assignment | undefined): boolean {
  const hard = limit?.value.split(":").at(-1);
  return hard !== undefined && /^\d+$/u.test(hard) && Number(hard) < FEW_FILES;
}

/**
 * What set the limit of open files that a program met before it ended with the words `why`, or
 * crashed: Node.js may crash with fewer files than it opens at its start.
 * Undefined: it met none, or nobody knows. Without a remedy: a changed setting of the unit.
 *
 * @param ofManager the line of systemd's own settings that holds for all services
 */
export function openFilesLimit(
  why: string,
  changed: readonly Assignment[],
  ofManager: Assignment | undefined,
  start: readonly string[],
): { readonly detail: string; readonly remedy?: Remedy } | undefined {
  if (why === "crash" ? !isTight(ofManager) : !why.includes("(EMFILE)")) {
    return undefined;
  }
  if (changed.some(({ name }) => name === "LimitNOFILE")) {
    return { detail: "" };
  }
  if (ofManager === undefined) {
    return undefined;
  }
  const { file, line, value } = ofManager;
  return {
    detail: `. ${why === "crash" ? "It may open too few files: its limit" : "That"} is DefaultLimitNOFILE=${printable(value, 40)} of systemd (${printable(file, 400)} line ${line})`,
    remedy: [
      step(
        "It holds for all services of this host. Make that line a comment, and let systemd read it:",
        asRoot(commentOut(file, ofManager)),
        asRoot("systemctl daemon-reexec"),
        ...start,
      ),
    ],
  };
}
