import * as z from "zod";
import { printable } from "../../../lib/printable.ts";

/** What was asked: the root field of the operation, and the decoder of its value. */
export interface Question<Reply> {
  readonly field: string;
  readonly reply: z.ZodType<Reply>;
}

/** The reply in `data`, as the result of zod, with printable texts. */
export function decodeReply<Reply>(data: unknown, { field, reply }: Question<Reply>) {
  const decoded = reply.safeParse(z.record(z.string(), z.unknown()).safeParse(data).data?.[field]);
  // Decoded twice, now that its depth is known to be bounded: it must still be a reply once
  // printable.
  return decoded.success ? reply.safeParse(withPrintableTexts(decoded.data)) : decoded;
}

/**
 * Makes every text of an accepted reply printable, so that no caller can print a newline of the
 * control plane. Except a signature: it is verified and never printed, and those of minisign have
 * several lines.
 */
function withPrintableTexts(value: unknown): unknown {
  if (typeof value === "string") {
    return printable(value, 4096);
  }
  if (Array.isArray(value)) {
    return value.map(withPrintableTexts);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const parts = Object.entries(value).map(([name, part]) => {
    return [name, name === "signature" ? part : withPrintableTexts(part)];
  });
  return Object.fromEntries(parts);
}
