import { type DestinationStream, type Logger, pino } from "pino";

/** JSON lines on `stdout`, with ISO times; a reader that has gone takes nothing down with it. */
export function createLogger(level: string, stdout: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stdout,
  );
}
