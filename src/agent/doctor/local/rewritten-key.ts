import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, forAgent, shellWord } from "../../../lib/shell-word.ts";
import { type Remedy, type Step, step, stepsOf } from "../../../lib/text/remedy.ts";
import { CREATE_KEY, newKey } from "./local-database.ts";

/** The last write of a file that went back to an older key. */
export interface RewrittenKey {
  readonly path: string;
  /** Epoch ms. */
  readonly at: number;
  /** The name of its owner. */
  readonly owner: string;
}

/**
 * Where a Debian host has what its administrators write: timers, cron, scripts. Some have data of
 * nodes there too, so large files and other disks are left out.
 */
const PLACES = "/etc/systemd/system /etc/cron* /var/spool/cron /usr/local /opt /srv";

/**
 * How this host gets a key that works, and that no program replaces. `remedy` is what to do with
 * such a key, and `isMadeHere` whether this host makes keys.
 */
export function withKey(
  {
    remedy,
    rewritten,
  }: { readonly remedy?: Remedy | undefined; readonly rewritten?: RewrittenKey | undefined },
  isMadeHere: boolean,
): Remedy | undefined {
  const usual = stepsOf(remedy ?? []);
  if (rewritten !== undefined) {
    const steps = rewrittenSteps(rewritten, isMadeHere);
    return isMadeHere ? steps : [...steps, ...usual];
  }
  return isMadeHere ? [...usual, newKey()] : remedy;
}

/** A new key for the program and the agent: only root can read it, and a restart forgets it. */
const NEW_KEY = "/run/novacula-new-key";

/**
 * How a person finds what writes the file, before there is another key in it. `isMadeHere`: this
 * host makes keys, so these steps are all; otherwise what to do with a working key follows.
 */
export function rewrittenSteps({ path, at, owner }: RewrittenKey, isMadeHere: boolean): readonly Step[] {
  const second = Math.floor(at / 1000);
  const find = asRoot(`find ${PLACES} -xdev -type f -size -1000k -exec grep -lsF ${shellWord(path)} {} +`);
  return [
    step(
      `${printable(path, 400)} was last written at ${utcTime(at)}, and belongs to ${printable(owner, 40)}. If nobody put the old key back by hand, a program writes it, and would replace the next key, too. To see what names that file, run:`,
      // Not every host has all of these places.
      `${find} 2>/dev/null`,
    ),
    step("To see what ran then, run:", asRoot(`journalctl --since=@${second - 5} --until=@${second + 2}`)),
    step("To see what runs by itself, run:", asRoot("systemctl list-timers --all")),
    ...(isMadeHere
      ? withNewKey()
      : [step("Put the working key where that program has it, or stop that program. Then:")]),
  ];
}

/** It goes through files and pipes alone: into no argument, and on no screen. */
function withNewKey(): readonly Step[] {
  return [
    step(
      "Keys are made by the control plane of this host. To make one in a file, run:",
      asRoot(`sh -c ${shellWord(`umask 077; ${CREATE_KEY} > ${NEW_KEY}`)}`),
    ),
    step(
      "Put it where that program has its key, or stop that program. Then give it to the agent:",
      `${asRoot(`cat ${NEW_KEY}`)} | ${forAgent("set-key")}`,
      asRoot(`rm ${NEW_KEY}`),
    ),
  ];
}
