import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";

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

/** How a person finds what writes the file, before there is another key in it. */
export function rewrittenSteps({ path, at, owner }: RewrittenKey): readonly Step[] {
  const second = Math.floor(at / 1000);
  return [
    step(
      `${printable(path, 400)} was last written at ${utcTime(at)}, and belongs to ${printable(owner, 40)}. If nobody put the old key back by hand, a program writes it, and would replace the next key, too. To see what names that file, run:`,
      asRoot(`find ${PLACES} -xdev -type f -size -1000k -exec grep -lsF ${shellWord(path)} {} +`),
    ),
    step("To see what ran then, run:", asRoot(`journalctl --since=@${second - 5} --until=@${second + 2}`)),
    step("To see what runs by itself, run:", asRoot("systemctl list-timers --all")),
    step("Put the working key where that program has it, or stop that program. Then:"),
  ];
}
