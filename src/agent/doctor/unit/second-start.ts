import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { insertAbove } from "../../../lib/text/file-command.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";
import { isOfUnit } from "./taken-out.ts";

/**
 * If systemd complains of several programs: how only the last one stays, then `then` is run.
 * Undefined: it complains of something else, or a file for several services names the program.
 *
 * @param start the last line that names a program
 * @param unit without `.service`
 */
export function onlyStart(
  complaint: string,
  start: Pick<Assignment, "file" | "line"> | undefined,
  unit: string,
  ...then: readonly string[]
): Step | undefined {
  const isIt = complaint.includes("more than one ExecStart=");
  return !isIt || start === undefined || !isOfUnit(start.file, unit)
    ? undefined
    : step(
        `Put a line ExecStart= without a value above line ${start.line} of ${printable(start.file, 400)}: it takes back the one of the package. Run:`,
        asRoot(insertAbove(start.file, start.line, "ExecStart=")),
        ...then,
      );
}
