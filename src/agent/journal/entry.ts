import type { EventName } from "./events.ts";

/**
 * A line for the journal, before it has level, time and format. Only the JSON format has `fields`.
 */
export interface Entry {
  readonly event: EventName;
  /** One or more sentences, in one line; text from outside in it has passed `printable`. */
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | undefined>>;
}
