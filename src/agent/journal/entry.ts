import type { EventName } from "./events.ts";

/** One line for the journal, before it has a level, a time and a format. `fields` go into the JSON format only. */
export interface Entry {
  readonly event: EventName;
  /** A whole sentence or several, in one line; text from outside in it has passed `printable`. */
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | undefined>>;
}
