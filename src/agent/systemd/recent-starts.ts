import { SERVICE } from "./service-unit.ts";
import { journalOutput } from "./systemctl.ts";

/** systemd.journal-fields(7), `systemd/sd-messages.h`: a unit has been started. */
const STARTED = "39f53479d3a045ac8e11786248231fbf";

/** How often the service was started in the last two minutes; 0 if this user may not know. */
export async function recentStarts(): Promise<number> {
  const fields = [`UNIT=${SERVICE}`, `MESSAGE_ID=${STARTED}`];
  const said = await journalOutput(["--since=-120s", "--lines=1000", "--output=cat", ...fields]);
  return said?.split("\n").filter((line) => line !== "").length ?? 0;
}
