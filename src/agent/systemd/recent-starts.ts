import { SERVICE } from "./service-unit.ts";
import { journalOutput } from "./systemctl.ts";

/** systemd.journal-fields(7), `systemd/sd-messages.h`: a unit has been started. */
const STARTED = "39f53479d3a045ac8e11786248231fbf";

/**
 * When the service was started in the last two minutes, epoch ms, oldest first; empty if this user
 * may not know.
 */
export async function recentStarts(): Promise<readonly number[]> {
  const fields = [`UNIT=${SERVICE}`, `MESSAGE_ID=${STARTED}`];
  const said = await journalOutput(["--since=-120s", "--lines=1000", "--output=short-unix", ...fields]);
  return startsIn(said ?? "");
}

/** In lines that begin with a time in seconds: `1764521429.103942 host systemd[1]: Started …`. */
export function startsIn(text: string): readonly number[] {
  return [...text.matchAll(/^(\d{1,12}\.\d+) /gmu)].map(([, seconds]) => Number(seconds) * 1000);
}
