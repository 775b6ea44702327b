import { fstatSync } from "node:fs";
import { isInPod } from "./in-pod.ts";
import type { LogLevel } from "./level.ts";

/** For journald, for a terminal, and for machines. */
export const LOG_FORMATS = ["journal", "pretty", "json"] as const;

export type Format = (typeof LOG_FORMATS)[number];

/** A line before it has a format. */
export interface Line {
  readonly level: LogLevel;
  readonly event: string;
  /** May have several lines of its own, such as a stack trace. */
  readonly message: string;
}

/** sd-daemon(3): the priority that journald reads at the start of a line. */
const PRIORITY: Record<LogLevel, string> = { debug: "<7>", info: "<6>", warn: "<4>", error: "<3>" };
const COLOUR: Record<LogLevel, string> = { debug: "2", info: "36", warn: "33", error: "31" };

/** With the priority at the start of each line, so that no text can set a priority of its own. */
export function journalText({ level, event, message }: Line): string {
  return message
    .split("\n")
    .map((text, i) => `${PRIORITY[level]}${i === 0 ? `${event}: ` : "  "}${text}\n`)
    .join("");
}

/** An error for stderr, if that leads to the journal: sd-daemon(3). */
export function errorForJournal(text: string): string {
  return text.replaceAll(/^/gmu, PRIORITY.error);
}

/** For a terminal, with the host's time. */
export function prettyText({ level, event, message }: Line): string {
  const time = new Date().toTimeString().slice(0, 8);
  const head = `${time} ${paint(level, level.padEnd(5))} ${event}: `;
  return message
    .split("\n")
    .map((text, i) => `${i === 0 ? head : "  "}${text}\n`)
    .join("");
}

function paint(level: LogLevel, text: string): string {
  return process.stdout.isTTY ? `\u001b[${COLOUR[level]}m${text}\u001b[0m` : text;
}

/**
 * The format that fits stdout: `journal` for the journal of systemd, `json` in a pod, whose lines a
 * machine collects, else `pretty`.
 */
export function formatForStdout(environment: NodeJS.ProcessEnv): Format {
  if (isJournal(environment, 1)) {
    return "journal";
  }
  return isInPod(environment) && process.stdout.isTTY !== true ? "json" : "pretty";
}

/**
 * Whether the descriptor leads to the journal: $JOURNAL_STREAM is the device and the inode of its
 * socket (systemd.exec(5)).
 */
export function isJournal(environment: NodeJS.ProcessEnv, descriptor: 1 | 2): boolean {
  const stream = environment["JOURNAL_STREAM"];
  if (stream === undefined) {
    return false;
  }
  try {
    const { dev, ino } = fstatSync(descriptor);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
