import { pino } from "pino";
import { boundedOutput, type OutputStream } from "../../lib/log/bounded-output.ts";
import { withoutSecrets } from "../../lib/log/secret-guard.ts";
import { withoutKeys } from "../../protocol/key-shape.ts";
import type { Entry } from "./entry.ts";
import { EVENTS, type Level } from "./events.ts";
import { createFlood } from "./flood.ts";
import { type Format, formatLine } from "./format.ts";

/** Where everything that the agent has to say goes: one line per entry, with the level that src/agent/journal/events.ts gives its event. */
export interface Journal {
  write(entry: Entry): void;
  /** Takes the level and the format of a changed configuration. */
  configure(options: JournalOptions): void;
}

export interface JournalOptions {
  readonly level: Level;
  readonly format: Format;
}

/**
 * pino on a plain stream: its own default destination loses lines on SIGTERM, and transports fail
 * in a single binary. Every line passes `scrub` as a whole, because pino's `redact` reaches neither
 * messages nor stacks. A reader that has stopped costs 1 MiB and the lines that come then. `now` is
 * monotonic milliseconds.
 */
export function createJournal(output: OutputStream, initial: JournalOptions, now: () => number): Journal {
  let { format } = initial;
  const flood = createFlood(now);
  const bounded = boundedOutput(output, (count) => write(gap(count)));
  const logger = pino(
    {
      level: initial.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => formatLine(scrub(line), format) },
    },
    bounded,
  );

  function write({ event, message, fields }: Entry): void {
    const left = EVENTS[event].level === "debug" ? 0 : flood.admit(event);
    if (left === undefined) {
      return;
    }
    const suffix = left === 0 ? "" : ` (${left} more lines like this were left out)`;
    logger[EVENTS[event].level]({ event, ...fields }, message + suffix);
  }

  return {
    write,
    configure(options) {
      format = options.format;
      logger.level = options.level;
    },
  };
}

function gap(count: number): Entry {
  const lines = count === 1 ? "1 line was" : `${count} lines were`;
  return { event: "journal.gap", message: `${lines} left out here: nobody read what the agent writes.` };
}

/**
 * Belt and braces: no code writes a key here, and if one ever does, or a server makes it, this is
 * not where it gets out.
 */
export function scrub(text: string): string {
  return withoutKeys(withoutSecrets(text));
}
