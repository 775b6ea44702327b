import { capitalized, sentence } from "../../lib/sentence.ts";
import { type Remedy, step, stepsOf } from "../../lib/text/remedy.ts";
import { journalOutput } from "./systemctl.ts";

/** Why a program of ours did not start, in its own words. */
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
  const options = ["--identifier=novacula-agent", "--priority=err", "--lines=20", "--output=cat"];
  const text = await journalOutput([sinceOption(since), ...options]);
  return text === undefined ? undefined : lastWordsIn(text);
}

/** Of journalctl(1). Without a time, whatever was said since the boot. */
export function sinceOption(since: string): string {
  return /^@\d{1,12}$/u.test(since) ? `--since=${since}` : "--boot";
}

/** In the last such message of a journal. A command of it has a line of its own. */
export function lastWordsIn(text: string): LastWords | undefined {
  const message = lastMessage(text, "agent.not-started: Not started. ");
  return message && wordsOf(message);
}

/** The lines of the last message that begins so, without that beginning and the indents. */
export function lastMessage(text: string, beginning: string): readonly string[] | undefined {
  const all = text.trimEnd().split("\n");
  // Only at the start of a line: after it, a message may quote anything.
  const start = all.findLastIndex((line) => line.startsWith(beginning));
  if (start === -1) {
    return undefined;
  }
  const end = all.findIndex((line, index) => index > start && !line.startsWith("  "));
  const [first = "", ...rest] = all.slice(start, end === -1 ? all.length : end);
  return [first.slice(beginning.length), ...rest.map((line) => line.trim())];
}

/** What is wrong with one of several variables. */
const VARIABLE = /^[A-Z][A-Z\d_]+: /u;
const FIX = /(?:^|[.:]? )Fix: /u;

/**
 * What a message says before and after its `Fix:`. After it, and without it, each further line is
 * a command, unless `isListed`: then the lines before it are what is wrong.
 */
export function wordsOf(message: readonly string[], isListed = false): LastWords {
  const wrong = isListed ? message.slice(1).filter((line) => VARIABLE.test(line)) : [];
  const [head = ""] = message;
  if (wrong.length > 1 && head.endsWith(":")) {
    const names = wrong.map((line) => line.slice(0, line.indexOf(":"))).join(" and ");
    const rest = message.filter((line) => !wrong.includes(line));
    const { remedy = [] } = wordsOf(rest, isListed);
    const steps = [...wrong.map((line) => step(`${clause(line)}.`)), ...stepsOf(remedy)];
    return { why: `${head} ${names} are wrong`, remedy: steps };
  }
  const at = message.findIndex((line) => FIX.test(line));
  if (at === -1) {
    const [first = "", ...commands] = message;
    return isListed || commands.length === 0
      ? { why: clause(message.join(" ")), remedy: undefined }
      : { why: clause(first), remedy: [step("Run:", ...commands)] };
  }
  const line = message[at] ?? "";
  const [before = ""] = line.split(FIX, 1);
  const why = clause([...message.slice(0, at), before].filter((part) => part !== "").join(" "));
  const say = line.slice(before.length).replace(FIX, "");
  const commands = message.slice(at + 1);
  // A fix that is nothing but a command has no sentence.
  return commands.length === 0 && OWN_COMMAND.test(say)
    ? { why, remedy: [step("Run:", say)] }
    : { why, remedy: [step(commands.length === 0 ? sentence(say) : capitalized(say), ...commands)] };
}

const OWN_COMMAND = /^(?:sudo|systemctl|novacula-(?:agent|control-plane)) [\w-]/u;

/** Without its full stop. */
export function clause(text: string): string {
  return text.replace(/\.$/u, "");
}
