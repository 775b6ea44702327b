import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { commentOut } from "../../../lib/text/file-command.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";

/**
 * What set the limit of open files that a program met before it ended with the words `why`.
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
  if (!why.includes("(EMFILE)")) {
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
    detail: `. That is DefaultLimitNOFILE=${printable(value, 40)} of systemd (${printable(file, 400)} line ${line})`,
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
