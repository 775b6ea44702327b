import type { LogLevel } from "./level.ts";

/** What an event of a program's journal means, and what to do about it. */
export interface EventDescription {
  readonly level: LogLevel;
  readonly meaning: string;
  readonly remedy: string;
}
