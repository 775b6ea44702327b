import type { z } from "zod";
import { withoutUnit } from "../../../lib/text/unit-suffix.ts";
import { meantWord, SILENT_SETTINGS } from "../issue/table-issue.ts";
import { settingSchema } from "../schema/config-schema.ts";
import { meantUrl } from "../schema/meant-url.ts";
import { looksSecret } from "../schema/secret-looks.ts";

/** A longer value is not repeated. */
const MAX_LENGTH = 200;
/** A word of both cases is not one that people write: it may be a piece of a key. */
const MIXED_CASE = /[a-z][A-Z]|[A-Z]{2}[a-z]/u;

/**
 * What to write in place of a value without its quotes, or with a unit. `setting` is its whole
 * name, `reporter.interval_secs`; undefined if it is not known. A value that may be a secret, or a
 * piece of one, is not repeated. Undefined: nothing better is known than to quote it.
 */
export function bareValue(line: string, setting: string | undefined): Advice | undefined {
  const written = writtenValue(/^[^=#]*=(?!=)(.*)$/su.exec(line)?.[1] ?? "");
  const [key = "", table] = setting?.split(".").toReversed() ?? [];
  const schema = settingSchema(table, key);
  if (schema === undefined || setting === undefined) {
    const isNumber = written !== undefined && numberIn(written, 1) !== undefined;
    return isNumber ? { remedy: "Write a number without a unit, and text in double quotes." } : undefined;
  }
  if (isNumeric(key)) {
    return numberAdvice(written ?? "", nameIn(line, key), schema);
  }
  const name = nameIn(line, key);
  if (written === undefined) {
    return { remedy: `Put the value in double quotes: ${name} = "…".` };
  }
  const accepts = (value: string) => schema.safeParse(value).success;
  const wants = schema.safeParse(written).error?.issues[0]?.message;
  const meant = meantTexts(written, key, wants ?? "").find(accepts);
  if (meant !== undefined) {
    const shown = isHarmless(setting, meant) ? meant : "…";
    return { remedy: `Put the value in double quotes: ${name} = "${shown}".` };
  }
  const wanted = wants === undefined || SILENT_SETTINGS.has(setting) ? "" : ` It must be ${wants}.`;
  return { remedy: `Put the value in double quotes: ${name} = "…".${wanted}` };
}

/** What stands for the value in an example of the line: numbers have no quotes. */
export function exampleValue(line: string, setting: string | undefined): string {
  const key = setting?.split(".").at(-1) ?? "";
  if (!isNumeric(key)) {
    return '"…"';
  }
  const value = line.replace(/^\s*(?:(?:export|set|let|const|var)\s+)?["']?[\w.-]+["']?\s*[:=]*/u, "");
  return String(numberIn(writtenValue(value) ?? "", unitOf(key)) ?? "…");
}

/** Whether a setting is a number. */
export function isNumeric(setting: string): boolean {
  return /_(?:secs|ms)$/u.test(setting);
}

/** In ms. */
function unitOf(setting: string): number {
  return setting.endsWith("_ms") ? 1 : 1000;
}

interface Advice {
  readonly problem?: string;
  readonly remedy: string;
}

function numberAdvice(written: string, name: string, schema: z.ZodType): Advice {
  const number = numberIn(written, unitOf(name));
  const isPossible = number !== undefined && schema.safeParse(number).success;
  const wants = schema.safeParse("").error?.issues[0]?.message ?? "a number";
  return {
    problem: "has a value that is no number",
    remedy: isPossible
      ? `Write ${name} = ${number}: ${wants}.`
      : `It must be ${wants}, without a unit and without quotes.`,
  };
}

/** As the line has it, if that is with its table: `reporter.interval_secs`. */
function nameIn(line: string, key: string): string {
  const dotted = /^\s*(\w+\.\w+)\s*=/u.exec(line)?.[1];
  return dotted?.endsWith(`.${key}`) ? dotted : key;
}

/** Without a comment, without quotes, and without what ends a line in other languages. */
function writtenValue(value: string): string | undefined {
  const bare = value
    .replace(/(?:^|\s)#.*$/su, "")
    .trim()
    .replace(/^["']+/u, "")
    .replace(/["'\s]*[,;]?$/u, "")
    .replace(/["']+$/u, "");
  return bare === "" || bare.length > MAX_LENGTH || /["'\\#]|[^\x20-\x7e]/u.test(bare) ? undefined : bare;
}

/** `30s`, `30 s`, `2,5`, `.5`, `05` and `+5` mean a number, in units of `unitMs`. */
function numberIn(text: string, unitMs: number): number | undefined {
  const plain = text
    .replace(/^\+/u, "")
    .replace(",", ".")
    .replace(/^\./u, "0.")
    .replace(/\.(?=\D|$)/u, "");
  return /^\d{1,9}(?:\.\d{1,3})?$/u.test(plain) ? Number(plain) : withoutUnit(plain, unitMs);
}

/** The words of other formats for `none`, similar words, and a host without its scheme. */
function meantTexts(text: string, key: string, wants: string): readonly string[] {
  const none = /^(?:none|null|nil|no|off|false)$/iu.test(text) ? ["none"] : [];
  // What begins as a URL has to be said to be wrong, not only corrected.
  const meant = /^https?:\/\/[^/]/iu.test(text) ? undefined : meantUrl(text);
  const host = key === "url" ? [meant ?? ""] : [];
  const word = wants.startsWith("one of") ? [meantWord(text, wants) ?? ""] : [];
  return [text, ...none, ...host, ...word];
}

function isHarmless(setting: string, text: string): boolean {
  const isShown = !SILENT_SETTINGS.has(setting) || text === "none";
  return isShown && !looksSecret(text) && !MIXED_CASE.test(text);
}
