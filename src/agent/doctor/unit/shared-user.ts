import { asRoot } from "../../../lib/shell-word.ts";
import { step } from "../../../lib/text/remedy.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";
import { copyWith, withoutCopy } from "./unit-copy.ts";

/** nobody(8): whatever belongs to nobody in particular, so any program may run as this user. */
export function sharedUser(user: string, changed: readonly Assignment[]) {
  if (user !== "nobody" && user !== "65534") {
    return undefined;
  }
  const line = changed.findLast(({ name }) => name === "User");
  const copy = copyWith(changed, line);
  const say = "Remove User= from the drop-in that sets it, then run:";
  return {
    detail:
      "the service runs as nobody, and so do other programs of this host: they can read the key and change what the agent keeps",
    remedy: [
      copy === undefined
        ? step(say, asRoot("systemctl daemon-reload"), asRoot("novacula-agent restart"))
        : withoutCopy(copy),
    ],
  };
}
