import type { Clock } from "../../../lib/clock.ts";

/** The control plane's clock by its last answer, continued by a clock that nobody can set. */
export interface ServerClock {
  /** Notes the `Date` of an answer, epoch ms. */
  set(serverMs: number | undefined): void;
  /** Epoch ms; undefined before the first answer. */
  now(): number | undefined;
}

export function createServerClock(clock: Clock): ServerClock {
  let seen: { readonly serverMs: number; readonly atMs: number } | undefined;
  return {
    set(serverMs) {
      if (serverMs !== undefined) {
        seen = { serverMs, atMs: clock.now() };
      }
    },
    now: () => (seen === undefined ? undefined : seen.serverMs + clock.now() - seen.atMs),
  };
}
