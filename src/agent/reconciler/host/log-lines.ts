import * as z from "zod";
import { printable } from "../../../lib/printable.ts";

/** A message that is not UTF-8 comes as a list of bytes; a field that is too long comes as null. */
const schema = z.object({
  __REALTIME_TIMESTAMP: z.string().regex(/^\d{1,17}$/u),
  MESSAGE: z.union([z.string(), z.array(z.number().int().min(0).max(255)).max(100_000)]).nullish(),
});

const MAX_CHARACTERS = 2000;

/** Lines of `journalctl --output=json` as `TIME MESSAGE`, each printable. Others are left out. */
export function logLines(lines: readonly string[]): string[] {
  return lines.flatMap(logLine);
}

function logLine(line: string): readonly string[] {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return [];
  }
  const found = schema.safeParse(json).data;
  if (found === undefined) {
    return [];
  }
  const at = new Date(Number(found.__REALTIME_TIMESTAMP) / 1000);
  const { MESSAGE: message } = found;
  const text = typeof message === "string" ? message : Buffer.from(message ?? []).toString("utf8");
  return Number.isNaN(at.getTime()) ? [] : [`${at.toISOString()} ${printable(text, MAX_CHARACTERS)}`];
}
