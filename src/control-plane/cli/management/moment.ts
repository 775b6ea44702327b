import * as z from "zod";

/** The latest moment that ISO 8601 writes with a year of four digits. */
const LAST_MOMENT = "9999-12-31T23:59:59.999Z";

/** Epoch ms in an answer of the control plane, ISO 8601 in UTC in what a command prints. */
export const moment = z
  .number()
  .transform((time) => isoTime(time))
  .pipe(z.iso.datetime());

export const damaged = z
  .array(z.string())
  .describe("Columns of its row in the database that cannot be read; 0 or null stands for their values");

/** `time` is epoch ms. */
export function isoTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? LAST_MOMENT : date.toISOString();
}
