import { COMMENT_IN_VALUE } from "../../../lib/command-line/environment-variable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";

/** A value that goes on into what was meant as a comment: systemd.syntax(7) has none there. */
export function commentsIn(changed: readonly Assignment[], start: readonly string[]) {
  const names = changed.filter(({ value }) => /\s#/u.test(value)).map(({ name }) => `${name}=`);
  return names.length === 0
    ? undefined
    : {
        hint: `. In ${names.join(", ")}, ${COMMENT_IN_VALUE}`,
        remedy: [
          step(
            "Put the comment on a line of its own, then run:",
            asRoot("systemctl daemon-reload"),
            ...start,
          ),
        ],
      };
}
