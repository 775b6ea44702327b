import { type Remedy, step } from "../../lib/text/remedy.ts";
import { journalOutput } from "./systemctl.ts";

/** Why the agent did not start, in its own words. */
export interface LastWords {
  /** A clause. */
  readonly why: string;
  /** Undefined: it knew none. */
  readonly remedy: Remedy | undefined;
}

/**
 * What the agent of the service said when its last start failed, which began at `since`, as
 * `systemctl show` prints it with `--timestamp=unix`. Undefined: it said nothing, or this user may
 * not read the journal.
 */
export async function lastWords(since: string): Promise<LastWords | undefined> {
  const at = /^@\d{1,12}$/u.test(since) ? [`--since=${since}`] : ["--boot"];
  const options = ["--identifier=novacula-agent", "--priority=err", "--lines=20", "--output=cat"];
  const text = await journalOutput([...at, ...options]);
  return text === undefined ? undefined : lastWordsIn(text);
}

const BEGINNING = "agent.not-started: Not started. ";
const FIX = " Fix: ";

/** In the last such message of a journal. A command of it has a line of its own. */
export function lastWordsIn(text: string): LastWords | undefined {
  const start = text.lastIndexOf(BEGINNING);
  if (start === -1) {
    return undefined;
  }
  const [message = "", ...after] = text
    .slice(start + BEGINNING.length)
    .trimEnd()
    .split("\n");
  const next = after.findIndex((line) => !line.startsWith("  "));
  const commands = after.slice(0, next === -1 ? after.length : next).map((line) => line.trim());
  const fixAt = message.indexOf(FIX);
  const why = (fixAt === -1 ? message : message.slice(0, fixAt)).replace(/\.$/u, "");
  if (fixAt === -1) {
    return commands.length === 0 ? { why, remedy: undefined } : { why, remedy: [step("Run:", ...commands)] };
  }
  const say = message.slice(fixAt + FIX.length);
  return { why, remedy: [step(say.charAt(0).toUpperCase() + say.slice(1), ...commands)] };
}
