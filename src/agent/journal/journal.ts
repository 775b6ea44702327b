import { pino } from "pino";
import { boundedOutput, type OutputStream } from "../../lib/log/bounded-output.ts";
import type { LogLevel } from "../../lib/log/level.ts";
import type { Format } from "../../lib/log/line-format.ts";
import { LineStream } from "../../lib/log/line-stream.ts";
import type { Entry } from "./entry.ts";
import { EVENTS } from "./events.ts";
import { createFlood } from "./flood.ts";
import { scrub } from "./scrub.ts";

/**
 * Everything that the agent reports: one line per entry, at the level that EVENTS gives its event.
 */
export interface Journal {
  write(entry: Entry): void;
  /** Applies the level and the format of a changed configuration. */
  configure(options: JournalOptions): void;
}

export interface JournalOptions {
  readonly level: LogLevel;
  readonly format: Format;
}

/**
 * pino on a plain stream: its own default destination loses lines on SIGTERM, and transports fail
 * in a single binary. Every line passes `scrub` as a whole, because pino's `redact` reaches neither
 * messages nor stack traces. For a reader that has stopped reading, 1 MiB of lines waits, and later
 * ones are lost. `now` is monotonic milliseconds.
 */
export function createJournal(output: OutputStream, initial: JournalOptions, now: () => number): Journal {
  const flood = createFlood(now);
  const stream = new LineStream(
    boundedOutput(output, (count) => write(gap(count))),
    { format: initial.format, scrub },
  );
  const logger = pino(
    {
      level: initial.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
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
    configure({ level, format }) {
      stream.format = format;
      logger.level = level;
    },
  };
}

function gap(count: number): Entry {
  const lines = count === 1 ? "1 line was" : `${count} lines were`;
  return { event: "journal.gap", message: `${lines} lost here: nothing read the agent's output.` };
}
