const MAX_LENGTH = 200;
/** Matches nearly every text: ASCII words with single spaces. These stay as they are. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Makes text from outside (a message, a reason code, a name, a path) safe for the journal,
 * `STATUS=`, a terminal or a page. The result is one printable line of at most `maxLength`
 * characters (default 200). A newline must not become a `<0>` priority or a `MAINPID=`, and a bidi
 * mark must not reorder the line.
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

/** JSON from outside may contain `{"toString": null}`, which cannot be converted to a string. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "(not a text)";
  }
}
