import { formatWithOptions } from "node:util";
import { printable } from "../../lib/printable.ts";
import type { Logger } from "./logger.ts";

const MAX_DETAIL = 500;
/** Keeps a large object cheap to format; `printable` then bounds the text. */
const FORMAT = { depth: 2, maxArrayLength: 10, maxStringLength: MAX_DETAIL, breakLength: Infinity };
const WARNED = ["error", "warn", "trace", "assert"] as const;
const SAID = ["log", "info", "debug", "dir", "dirxml", "table", "timeEnd", "timeLog", "count"] as const;
const NEVER_SHOWN = ["group", "groupCollapsed", "groupEnd", "clear"] as const;

/**
 * Sends what libraries print through `logger`, one line per call. The text may come from an
 * outsider, and a raw line on stdout or stderr could claim any priority in the journal. Returns the
 * function that undoes it.
 */
export function routeLibraryOutput(logger: Logger): () => void {
  const methods = { ...globalThis.console };
  const warnings = process.listeners("warning");
  const warn = (...values: unknown[]) => {
    const detail = printable(formatted(values), MAX_DETAIL);
    logger.warn({ event: "library.output", detail }, `A library reported: ${detail}`);
  };
  const say = (...values: unknown[]) => {
    const detail = printable(formatted(values), MAX_DETAIL);
    logger.debug({ event: "library.output", detail }, `A library printed: ${detail}`);
  };
  const assert = (isTrue: unknown, ...values: unknown[]) => {
    if (!isTrue) {
      warn("assertion failed:", ...values);
    }
  };
  Object.assign(globalThis.console, {
    ...Object.fromEntries(WARNED.map((name) => [name, warn])),
    ...Object.fromEntries(SAID.map((name) => [name, say])),
    ...Object.fromEntries(NEVER_SHOWN.map((name) => [name, () => undefined])),
    assert,
  });
  const onWarning = (warning: Error) => {
    const detail = printable(`${warning.name}: ${warning.message}`, MAX_DETAIL);
    // We know which experimental features we use, and Node.js does not print these either
    // (packaging/v8-flags.ts).
    const level = warning.name === "ExperimentalWarning" ? "debug" : "warn";
    logger[level]({ event: "library.output", detail }, `Node.js warns: ${detail}`);
  };
  // Node's own listener prints the raw text.
  process.removeAllListeners("warning").on("warning", onWarning);
  return () => {
    Object.assign(globalThis.console, methods);
    process.removeAllListeners("warning");
    for (const listener of warnings) {
      process.on("warning", listener);
    }
  };
}

/** A library's object may throw while it is formatted. */
function formatted(values: readonly unknown[]): string {
  try {
    return formatWithOptions(FORMAT, ...values);
  } catch {
    return "(cannot be shown)";
  }
}
