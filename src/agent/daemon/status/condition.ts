import * as z from "zod";
import type { Entry } from "../../journal/entry.ts";
import { EVENTS } from "../../journal/events.ts";
import { scrub } from "../../journal/scrub.ts";

/** One thing that is wrong for as long as it lasts. */
export const conditionSchema = z.object({
  event: z.string().describe("The event of its line in the journal"),
  level: z.enum(["error", "warn"]).describe("error: it needs a person"),
  message: z.string().describe("What is wrong, and what to do"),
});

export type Condition = z.infer<typeof conditionSchema>;

export function conditionOf({ event, message }: Entry): Condition {
  return { event, level: EVENTS[event].level === "error" ? "error" : "warn", message: scrub(message) };
}
