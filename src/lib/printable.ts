const MAX_LENGTH = 200;
/** Nearly every text: ASCII words with single spaces, which stay as they are. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Makes text from outside (a server's message, a reason code, a name, a path) safe for the journal,
 * `STATUS=`, a terminal or a page: printable, one line, at most 200 characters. A newline must not
 * become a `<0>` priority or a `MAINPID=`, nor a bidi mark reorder the line.
 */
export function printable(value: unknown, maxLength = MAX_LENGTH): string {
  if (typeof value === "string" && value.length <= maxLength && PLAIN.test(value)) {
    return value;
  }
  const line = textOf(value)
    .slice(0, maxLength * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  const characters = Array.from(line);
  return characters.length <= maxLength ? line : `${characters.slice(0, maxLength - 1).join("")}…`;
}

/** JSON from outside may contain `{"toString": null}`, which has no text. */
function textOf(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  try {
    return String(value);
  } catch {
    return "(not a text)";
  }
}
