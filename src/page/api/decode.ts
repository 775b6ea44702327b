import * as z from "zod/mini";
import { printable } from "../../lib/printable.ts";
import { withExactTimes } from "../../lib/text/exact-time.ts";

/** Text that others wrote (a name, a host, a message), made safe to show. */
export const shownText = z.pipe(
  z.string(),
  z.transform((text: string) => printable(text, 300)),
);

/** What the control plane says in words, with its times in the reader's zone. */
export const shownMessage = z.pipe(
  shownText,
  z.transform((text: string) => withExactTimes(text)),
);

/** Milliseconds since the Unix epoch. */
export const timestamp = z.number();

export const reference = z.object({ id: z.string(), name: shownText });
export type Reference = z.output<typeof reference>;

/** An executor that may have been deleted since. */
export const namedExecutor = z.extend(reference, { isDeleted: z.boolean() });

export const keyReference = z.object({ id: z.string(), name: shownText, fingerprint: z.string() });
export type KeyReference = z.output<typeof keyReference>;

/** The answer to a reply that no schema of this page can read. */
export const OTHER_VERSION = {
  kind: "unavailable",
  sentence: "The control plane runs another version than this page. Reload the page.",
} as const;
