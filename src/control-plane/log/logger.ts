import type { EventAt, EventName } from "./events.ts";

/** A line's event, and what only JSON shows of it. */
type Fields<Name extends EventName> = { readonly event: Name } & Readonly<Record<string, unknown>>;

/**
 * What every part of the control plane writes its lines with. Each event has its level in
 * events.ts; any may also be written at debug. `message` is one or more sentences with all facts
 * that a person needs. Text from outside in it has passed `printable`.
 */
export interface Logger {
  error(fields: Fields<EventAt<"error">>, message: string): void;
  warn(fields: Fields<EventAt<"warn">>, message: string): void;
  info(fields: Fields<EventAt<"info">>, message: string): void;
  debug(fields: Fields<EventName>, message: string): void;
}
