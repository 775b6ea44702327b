import { pino } from "pino";
import type { LogLevel } from "./level.ts";
import { type Format, journalText, prettyText } from "./line-format.ts";

interface LineStreamOptions {
  readonly format: Format;
  /** Removes from a whole line what must not be shown. */
  readonly scrub: (text: string) => string;
  /** Further lines of the message, from the line's fields. */
  readonly details?: (fields: object) => string;
}

/**
 * Gives pino's lines their format. Only JSON has the fields; the others have the message.
 */
export class LineStream {
  /** Has pino leave in `lastLevel`, `lastObj` and `lastMsg` what a line was made of. */
  readonly [pino.symbols.needsMetadataGsym] = true;
  lastLevel = 0;
  lastObj: { readonly event?: unknown } = {};
  lastMsg = "";
  format: Format;
  readonly #output: { write(text: string): void };
  readonly #options: LineStreamOptions;

  constructor(output: { write(text: string): void }, options: LineStreamOptions) {
    this.#output = output;
    this.format = options.format;
    this.#options = options;
  }

  write(json: string): void {
    const { scrub, details } = this.#options;
    if (this.format === "json") {
      this.#output.write(scrub(json));
      return;
    }
    const message = scrub(this.lastMsg + (details?.(this.lastObj) ?? ""));
    const line = { level: levelOf(this.lastLevel), event: String(this.lastObj.event), message };
    this.#output.write(this.format === "journal" ? journalText(line) : prettyText(line));
  }
}

function levelOf(number: number): LogLevel {
  const { error = 50, warn = 40, info = 30 } = pino.levels.values;
  if (number >= error) {
    return "error";
  }
  return number >= warn ? "warn" : number >= info ? "info" : "debug";
}
