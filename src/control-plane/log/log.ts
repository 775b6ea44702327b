import { hostname } from "node:os";
import { type LogFn, type Logger as Pino, pino, type SerializedError } from "pino";
import { systemClock } from "../../lib/clock.ts";
import { boundedOutput, type OutputStream } from "../../lib/log/bounded-output.ts";
import type { LogLevel } from "../../lib/log/level.ts";
import type { Format } from "../../lib/log/line-format.ts";
import { LineStream } from "../../lib/log/line-stream.ts";
import { withoutSecrets } from "../../lib/log/secret-guard.ts";
import { printable } from "../../lib/printable.ts";
import { withoutKeys } from "../../protocol/key-shape.ts";
import { type BudgetedFields, type LeftOut, LogBudget } from "./log-budget.ts";
import type { Logger } from "./logger.ts";
import { requestFields } from "./request-context.ts";

const REPORT_INTERVAL_MS = 60_000;
const MAX_STACK_LINES = 20;

export interface Log {
  readonly logger: Logger;
  /** Reports the lines that were left out since the last report. */
  close(): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: Format;
}

/**
 * Writes one line per event to `stdout`, as the agent's journal does. A reader that goes away or
 * stops reading loses lines; the program goes on, with bounded memory. At every level but debug,
 * the lines of each event are limited (log-budget.ts), and one line a minute says how many were
 * left out. `now` is monotonic milliseconds.
 */
export function createLog({ level, format }: LogOptions, stdout: OutputStream, now = systemClock.now): Log {
  const budget = new LogBudget(now);
  let report: NodeJS.Timeout | undefined;
  const admit = (lineLevel: number, fields: BudgetedFields): boolean => {
    if (level === "debug" || budget.admit(lineLevel, fields)) {
      return true;
    }
    report ??= setTimeout(writeLeftOut, REPORT_INTERVAL_MS).unref();
    return false;
  };
  const output = new LineStream(
    boundedOutput(stdout, (count) => writer.warn(...unread(count))),
    { format, scrub, details: stackIn },
  );
  const writer = pino(options(level), output);
  const logger = pino({ ...options(level), hooks: { logMethod: onlyWhere(admit) } }, output);

  function writeLeftOut(): void {
    clearTimeout(report);
    report = undefined;
    for (const left of budget.takeLeftOut()) {
      writer[left.level >= WARN ? "warn" : "info"](...counted(left));
    }
  }
  return { logger, close: writeLeftOut };
}

/** The last guard: no code writes a key here. */
function scrub(text: string): string {
  return withoutKeys(withoutSecrets(text));
}

/** The stack of the error in `err`, on lines of its own. */
function stackIn(fields: object): string {
  return "err" in fields ? `\n${serializedError(fields.err).stack}` : "";
}

const WARN = pino.levels.values["warn"] ?? 40;

function options(level: LogLevel) {
  return {
    level,
    // Of several control planes, and of pods, the host name tells which one wrote the line.
    base: { pid: process.pid, replica: printable(hostname()) },
    mixin: requestFields,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: serializedError },
  };
}

function onlyWhere(admit: (level: number, fields: BudgetedFields) => boolean) {
  return function logMethod(this: Pino, args: Parameters<LogFn>, method: LogFn, level: number): void {
    const [fields] = args;
    if (admit(level, typeof fields === "object" && fields !== null ? fields : {})) {
      method.apply(this, args);
    }
  };
}

function unread(count: number): [fields: object, message: string] {
  return [
    { event: "log.unread", count },
    `${count.toLocaleString("en")} ${count === 1 ? "line was" : "lines were"} lost here: nothing read the output of the control plane.`,
  ];
}

function counted({ event, count, durationMs, addresses }: LeftOut): [fields: object, message: string] {
  const seconds = Math.ceil(durationMs / 1000);
  const from = addresses === 0 ? "" : `, from ${addresses} ${addresses === 1 ? "address" : "addresses"}`;
  return [
    { event: "log.left-out", of: event, count, seconds, ...(addresses === 0 ? {} : { addresses }) },
    `${count.toLocaleString("en")} more lines of ${event} were left out in ${seconds} s${from}. LOG_LEVEL=debug shows each.`,
  ];
}

/**
 * An error's message may hold an outsider's text, so it is made printable. Its other properties are
 * dropped: they may hold the request.
 */
function serializedError(error: unknown): Pick<SerializedError, "type" | "message" | "stack"> {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: printable(error, 500), stack: printable(error, 500) };
  }
  const stack = (error.stack ?? "").split("\n", MAX_STACK_LINES).map((line) => printable(line));
  return { type: printable(error.name), message: printable(error.message, 500), stack: stack.join("\n") };
}
