import * as z from "zod";
import { readAccounts } from "../../lib/accounts.ts";
import { clause, type LastWords, lastMessage, sinceOption, wordsOf } from "./last-words.ts";
import { journalOutput } from "./systemctl.ts";

/** What the control plane of this host said when its last start failed. */
export type ControlPlaneWords =
  | ({ readonly kind: "said" } & LastWords)
  | { readonly kind: "silent" }
  /** This user may not read its journal. */
  | { readonly kind: "denied" };

const SERVICE = "novacula-control-plane";
const NAME = `${SERVICE}.service`;
const UNIT = `--unit=${NAME}`;
/** Its start writes some ten lines. */
const LINES = "--lines=100";
const MESSAGE = "--output=cat";

/**
 * Reads the journal of its unit from `since` on, as `systemctl show` prints it with
 * `--timestamp=unix`. Only what the program itself says of its start has a remedy; of systemd and
 * of other programs in the unit, the last error is quoted.
 */
export async function controlPlaneWords(since: string): Promise<ControlPlaneWords> {
  const from = sinceOption(since);
  const all = await journalOutput([UNIT, from, LINES, MESSAGE]);
  if (all === undefined || all.trim() === "") {
    return process.geteuid?.() === 0 ? { kind: "silent" } : { kind: "denied" };
  }
  const own = controlPlaneWordsIn(all);
  if (own !== undefined) {
    return { kind: "said", ...own };
  }
  const errors =
    (await journalOutput([from, "--priority=err", LINES, MESSAGE, ...aboutService(serviceUid())])) ?? "";
  const why = lastErrorIn(errors);
  return why === undefined ? { kind: "silent" } : { kind: "said", why, remedy: undefined };
}

/**
 * What is said in the unit and about it. `--unit` leaves out what systemd says in the place of a
 * program that it cannot run: that process is often gone before the journal asks for its unit. Only
 * root and the service's user are believed.
 */
export function aboutService(uid: number | undefined): readonly string[] {
  const users = uid === undefined ? [0] : [0, uid];
  return [`_SYSTEMD_UNIT=${NAME}`, ...users.flatMap((user) => ["+", `UNIT=${NAME}`, `_UID=${user}`])];
}

function serviceUid(): number | undefined {
  return readAccounts().users.find(({ name }) => name === SERVICE)?.uid;
}

/** In such a journal, which has sentences or JSON, by LOG_FORMAT. */
export function controlPlaneWordsIn(text: string): LastWords | undefined {
  const failed = lastMessage(text, "serve.failed: ") ?? lastMessage(asSentences(text), "serve.failed: ");
  if (failed !== undefined) {
    return wordsOf(failed, true);
  }
  // Arguments that it does not know: it says so before it has a log.
  const usage = lastMessage(text, "novacula-control-plane: ");
  return usage && wordsOf(usage, true);
}

/** The last one that says more than that it failed: a clause. Undefined: there is none. */
export function lastErrorIn(text: string): string | undefined {
  // Further lines of a message are indented, as those of a stack.
  const lines = text.split("\n").filter((line) => /^\S/u.test(line));
  const said = lines.map((line) => line.replace(/^novacula-control-plane\.service: /u, ""));
  const line = said.findLast((each) => !RESULT.test(each));
  return line === undefined ? undefined : clause(line);
}

/** What systemd says of every end, whatever its cause is. */
const RESULT =
  /^(?:Failed to start |Stopped |Failed with result |(?:Main|Control) process exited\b|Start request repeated|Scheduled restart job\b|Unit entered failed state|Killing process |Consumed )/u;

const logLine = z.object({ event: z.literal("serve.failed"), msg: z.string() });

/** The failures among lines of JSON, as the journal would show them without it. */
function asSentences(text: string): string {
  return text
    .split("\n")
    .flatMap((line) => {
      const found = logLine.safeParse(line.startsWith("{") ? parsed(line) : undefined).data;
      return found === undefined ? [] : [`${found.event}: ${found.msg.replaceAll("\n", "\n  ")}`];
    })
    .join("\n");
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
