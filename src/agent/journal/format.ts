import { fstatSync } from "node:fs";
import * as z from "zod";
import type { Level } from "./events.ts";

/** `journal`: a human line with its priority, for journald. `pretty`: for a terminal. `json`: for machines. */
export type Format = "journal" | "pretty" | "json";

/** sd-daemon(3): the priority that journald takes from the start of a line. */
const PRIORITY: Record<Level, string> = { debug: "<7>", info: "<6>", warn: "<4>", error: "<3>" };
const COLOUR: Record<Level, string> = { debug: "2", info: "36", warn: "33", error: "31" };

const record = z.looseObject({
  level: z.enum(["debug", "info", "warn", "error"]),
  time: z.string(),
  event: z.string(),
  msg: z.string(),
});

/** One of pino's JSON lines in the wanted format. Every line of a multi-line message carries its own priority. */
export function formatLine(line: string, format: Format): string {
  if (format === "json") {
    return line;
  }
  const { level, time, event, msg } = record.parse(JSON.parse(line));
  const lines = msg.split("\n");
  if (format === "journal") {
    return lines.map((text, i) => `${PRIORITY[level]}${i === 0 ? `${event}: ` : "  "}${text}\n`).join("");
  }
  const at = new Date(time).toTimeString().slice(0, 8);
  const head = `${at} ${paint(level, level.padEnd(5))} ${event}: `;
  return lines.map((text, i) => `${i === 0 ? head : "  "}${text}\n`).join("");
}

function paint(level: Level, text: string): string {
  return process.stdout.isTTY ? `\u001b[${COLOUR[level]}m${text}\u001b[0m` : text;
}

/** The format that fits stdout: systemd.exec(5), $JOURNAL_STREAM names the device and inode of the journal's socket. */
export function formatForStdout(journalStream: string | undefined): Format {
  if (journalStream === undefined) {
    return "pretty";
  }
  try {
    const { dev, ino } = fstatSync(1);
    return journalStream === `${dev}:${ino}` ? "journal" : "pretty";
  } catch {
    return "pretty";
  }
}
