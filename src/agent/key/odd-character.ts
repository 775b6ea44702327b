/** A character that no key contains: the code of the finding, and the character's name. */
export interface OddCharacter {
  readonly code: OddCode;
  /** `U+00A0 NO-BREAK SPACE`; only the number for a character that is rarely pasted. */
  readonly name: string;
}

/** The code of a finding about a character. */
export type OddCode =
  | "inner-whitespace"
  | "line-break"
  | "control-character"
  | "unicode-space"
  | "invisible-character"
  | "bidi-mark"
  | "smart-quote"
  | "inner-quote"
  | "look-alike"
  | "lost-character"
  | "non-ascii";

/** Unicode names of the characters that get into keys from web pages, chats, PDFs and terminals. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, "NULL"],
  [0x07, "BELL"],
  [0x08, "BACKSPACE"],
  [0x09, "TAB"],
  [0x0a, "LINE FEED"],
  [0x0d, "CARRIAGE RETURN"],
  [0x1b, "ESCAPE"],
  [0x20, "SPACE"],
  [0x22, "QUOTATION MARK"],
  [0x27, "APOSTROPHE"],
  [0x60, "GRAVE ACCENT"],
  [0x7f, "DELETE"],
  [0x85, "NEXT LINE"],
  [0xa0, "NO-BREAK SPACE"],
  [0xab, "LEFT-POINTING DOUBLE ANGLE QUOTATION MARK"],
  [0xad, "SOFT HYPHEN"],
  [0xb4, "ACUTE ACCENT"],
  [0xb7, "MIDDLE DOT"],
  [0xbb, "RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK"],
  [0x034f, "COMBINING GRAPHEME JOINER"],
  [0x061c, "ARABIC LETTER MARK"],
  [0x115f, "HANGUL CHOSEONG FILLER"],
  [0x1680, "OGHAM SPACE MARK"],
  [0x180e, "MONGOLIAN VOWEL SEPARATOR"],
  [0x2000, "EN QUAD"],
  [0x2001, "EM QUAD"],
  [0x2002, "EN SPACE"],
  [0x2003, "EM SPACE"],
  [0x2004, "THREE-PER-EM SPACE"],
  [0x2005, "FOUR-PER-EM SPACE"],
  [0x2006, "SIX-PER-EM SPACE"],
  [0x2007, "FIGURE SPACE"],
  [0x2008, "PUNCTUATION SPACE"],
  [0x2009, "THIN SPACE"],
  [0x200a, "HAIR SPACE"],
  [0x200b, "ZERO WIDTH SPACE"],
  [0x200c, "ZERO WIDTH NON-JOINER"],
  [0x200d, "ZERO WIDTH JOINER"],
  [0x200e, "LEFT-TO-RIGHT MARK"],
  [0x200f, "RIGHT-TO-LEFT MARK"],
  [0x2010, "HYPHEN"],
  [0x2011, "NON-BREAKING HYPHEN"],
  [0x2013, "EN DASH"],
  [0x2014, "EM DASH"],
  [0x2018, "LEFT SINGLE QUOTATION MARK"],
  [0x2019, "RIGHT SINGLE QUOTATION MARK"],
  [0x201a, "SINGLE LOW-9 QUOTATION MARK"],
  [0x201c, "LEFT DOUBLE QUOTATION MARK"],
  [0x201d, "RIGHT DOUBLE QUOTATION MARK"],
  [0x201e, "DOUBLE LOW-9 QUOTATION MARK"],
  [0x2022, "BULLET"],
  [0x2026, "HORIZONTAL ELLIPSIS"],
  [0x2028, "LINE SEPARATOR"],
  [0x2029, "PARAGRAPH SEPARATOR"],
  [0x202a, "LEFT-TO-RIGHT EMBEDDING"],
  [0x202b, "RIGHT-TO-LEFT EMBEDDING"],
  [0x202c, "POP DIRECTIONAL FORMATTING"],
  [0x202d, "LEFT-TO-RIGHT OVERRIDE"],
  [0x202e, "RIGHT-TO-LEFT OVERRIDE"],
  [0x202f, "NARROW NO-BREAK SPACE"],
  [0x2032, "PRIME"],
  [0x2033, "DOUBLE PRIME"],
  [0x2039, "SINGLE LEFT-POINTING ANGLE QUOTATION MARK"],
  [0x203a, "SINGLE RIGHT-POINTING ANGLE QUOTATION MARK"],
  [0x205f, "MEDIUM MATHEMATICAL SPACE"],
  [0x2060, "WORD JOINER"],
  [0x2066, "LEFT-TO-RIGHT ISOLATE"],
  [0x2067, "RIGHT-TO-LEFT ISOLATE"],
  [0x2068, "FIRST STRONG ISOLATE"],
  [0x2069, "POP DIRECTIONAL ISOLATE"],
  [0x3000, "IDEOGRAPHIC SPACE"],
  [0x3164, "HANGUL FILLER"],
  [0xfe0f, "VARIATION SELECTOR-16"],
  [0xfeff, "ZERO WIDTH NO-BREAK SPACE (BYTE ORDER MARK)"],
  [0xff3f, "FULLWIDTH LOW LINE"],
  [0xfffd, "REPLACEMENT CHARACTER"],
]);

/** Letters of other scripts that look like Latin ones. A name is the script, then the letter. */
const LOOK_ALIKES: ReadonlyMap<string, readonly [latin: string, name: string]> = new Map([
  ...twins(
    "CYRILLIC SMALL LETTER",
    "аa A|еe IE|оo O|рp ER|сc ES|хx HA|уy U|іi BYELORUSSIAN-UKRAINIAN I|јj JE|ѕs DZE|ԁd KOMI DE|һh SHHA",
  ),
  ...twins(
    "CYRILLIC CAPITAL LETTER",
    "АA A|ВB VE|ЕE IE|КK KA|МM EM|НH EN|ОO O|РP ER|СC ES|ТT TE|ХX HA|ІI BYELORUSSIAN-UKRAINIAN I|ЈJ JE|ЅS DZE",
  ),
  ...twins("GREEK SMALL LETTER", "οo OMICRON|αa ALPHA|νv NU|ρp RHO|ιi IOTA"),
  ...twins(
    "GREEK CAPITAL LETTER",
    "ΑA ALPHA|ΒB BETA|ΕE EPSILON|ΖZ ZETA|ΗH ETA|ΙI IOTA|ΚK KAPPA|ΜM MU|ΝN NU|ΟO OMICRON|ΡP RHO|ΤT TAU|ΥY UPSILON|ΧX CHI",
  ),
]);

/**
 * What is odd about a character (a whole code point); undefined for printable ASCII except quotes.
 */
export function oddCharacter(character: string): OddCharacter | undefined {
  const code = oddCode(character);
  return code === undefined ? undefined : { code, name: characterName(character) };
}

/** The text that was meant: without odd characters, with look-alikes replaced by Latin letters. */
export function withoutOddCharacters(text: string): string {
  const latin = Array.from(text, (character) => LOOK_ALIKES.get(character)?.[0] ?? character).join("");
  return Array.from(latin.normalize("NFKC"))
    .filter((character) => oddCode(character) === undefined)
    .join("");
}

function oddCode(character: string): OddCode | undefined {
  if (/^["'`]$/u.test(character)) {
    return "inner-quote";
  }
  if (/^[\x21-\x7e]$/u.test(character)) {
    return undefined;
  }
  if (/^[ \t]$/u.test(character)) {
    return "inner-whitespace";
  }
  if (/^[\n\r]$/u.test(character)) {
    return "line-break";
  }
  if (/^[\u0085\u2028\u2029\p{Zs}]$/u.test(character)) {
    return "unicode-space";
  }
  if (/^\p{Cc}$/u.test(character)) {
    return "control-character";
  }
  if (/^\p{Bidi_Control}$/u.test(character)) {
    return "bidi-mark";
  }
  if (/^(?:[\p{Cf}\u3164]|\p{Default_Ignorable_Code_Point})$/u.test(character)) {
    return "invisible-character";
  }
  if (/^[\p{Pi}\p{Pf}\u201a\u201e\u00b4\u2032\u2033\uff02\uff07]$/u.test(character)) {
    return "smart-quote";
  }
  if (LOOK_ALIKES.has(character) || /^[\uff01-\uff5e]$/u.test(character)) {
    return "look-alike";
  }
  return character === "\ufffd" ? "lost-character" : "non-ascii";
}

function characterName(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  const number = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  const name = NAMES.get(codePoint) ?? LOOK_ALIKES.get(character)?.[1] ?? fullWidthName(character);
  return name === undefined ? number : `${number} ${name}`;
}

function fullWidthName(character: string): string | undefined {
  const latin = character.normalize("NFKC");
  if (!/^[\uff21-\uff3a\uff41-\uff5a]$/u.test(character)) {
    return undefined;
  }
  return `FULLWIDTH LATIN ${latin === latin.toUpperCase() ? "CAPITAL" : "SMALL"} LETTER ${latin.toUpperCase()}`;
}

/** `аa A|…`: the letter, its Latin twin, the rest of its name. */
function twins(script: string, rows: string): (readonly [string, readonly [string, string]])[] {
  return rows.split("|").map((row) => {
    const [letter = "", latin = ""] = Array.from(row);
    return [letter, [latin, `${script} ${row.slice(3)}`]];
  });
}
