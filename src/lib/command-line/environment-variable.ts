import * as z from "zod";
import { printable } from "../printable.ts";
import { withoutUnit } from "../text/unit-suffix.ts";

/** The text about an environment variable, the same in every place that documents it. */
interface VariableText {
  /** One or two sentences without line breaks. */
  readonly meaning: string;
  /** A working value, for a variable without a default. */
  readonly example?: string;
  /** True: its value appears in no error and no log. */
  readonly isSecret?: boolean;
  /** Whether this value may contain a secret, although others do not. */
  readonly mayHoldSecret?: (value: string) => boolean;
}

/** An environment variable that a program reads. */
export interface EnvironmentVariable extends VariableText {
  readonly name: string;
  /** The default, as an operator would set it. undefined: there is none, or `meaning` states it. */
  readonly defaultValue: string | undefined;
}

/** The texts that belong to schemas: `schema.register(variableTexts, { meaning })`. */
export const variableTexts = z.registry<VariableText>();

/** The variables of the shape of an object schema, in its order. Throws if one has no text. */
export function environmentVariables(shape: Readonly<Record<string, z.ZodType>>): EnvironmentVariable[] {
  return Object.entries(shape).map(([name, schema]) => {
    const text = variableTexts.get(schema);
    if (text === undefined) {
      throw new Error(`the environment variable ${name} has no text`);
    }
    return { ...text, name, defaultValue: defaultOf(schema) };
  });
}

function defaultOf(schema: z.ZodType): string | undefined {
  const isDefaulted = schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault;
  return isDefaulted ? String(schema.def.defaultValue) : undefined;
}

/** Why a variable's value cannot be used. */
export interface VariableProblem {
  readonly name: string;
  /** What the value must be, without the value itself. */
  readonly message: string;
}

/** The problems that a schema found. `name` is the variable for an error without a path. */
export function problemsOf(error: z.ZodError | undefined, name = ""): VariableProblem[] {
  return (error?.issues ?? []).map(({ path, message }) => ({ name: path.join(".") || name, message }));
}

/**
 * One indented line per variable, with the value unless that may contain a secret. A second problem
 * of a value is most often a consequence of the first. `places` are named where they are known.
 */
export function describeProblems(
  variables: readonly EnvironmentVariable[],
  problems: readonly VariableProblem[],
  env: Readonly<Record<string, string | undefined>>,
  places: ReadonlyMap<string, string> = new Map(),
): string[] {
  const isHidden = (name: string, value: string) =>
    variables.some((each) => each.name === name && (each.isSecret || each.mayHoldSecret?.(value)));
  const firsts = problems.filter(({ name }, n) => problems.findIndex((each) => each.name === name) === n);
  return firsts.map(({ name, message }) => {
    const got = env[name] ?? "";
    // In a URL, a password often precedes the @.
    const isShown = got !== "" && !isHidden(name, got) && !got.includes("@");
    const edges = valueEdges(got);
    const value = edges === undefined ? printable(got) : `"${shownWhole(got)}"`;
    const why = edges === undefined ? "" : `; ${edges}`;
    const place = places.get(name);
    const at = place === undefined ? "" : `; it is in ${place}`;
    return `  ${name}: ${message}${isShown ? ` (got ${value})` : ""}${why}${at}`;
  });
}

/** With its blanks, which `printable` would remove. */
function shownWhole(value: string): string {
  return printable(`|${value}|`).slice(1, -1);
}

/** The section of `--help`: one paragraph per variable, indented and wrapped at 80 columns. */
export function environmentHelp(variables: readonly EnvironmentVariable[]): string {
  const width = Math.max(...variables.map(({ name }) => name.length)) + 2;
  const paragraphs = variables.map((variable) => {
    const [first = "", ...rest] = wrapped(sentences(variable), 80 - 2 - width);
    return [`  ${variable.name.padEnd(width)}${first}`, ...rest.map((line) => " ".repeat(width + 2) + line)];
  });
  return ["Environment:", ...paragraphs.flat()].join("\n");
}

/** The meaning, followed by the default. */
export function sentences({ meaning, defaultValue }: EnvironmentVariable): string {
  return defaultValue === undefined ? meaning : `${meaning} (default: ${defaultValue})`;
}

/** Wraps a text into lines of at most `width` characters. A longer word gets a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

/**
 * The schema of an integer written in decimal digits. `unitMs`: of a length of time; one with a
 * unit, such as `30s`, is refused with the number to write.
 */
export const integerBetween = (least: number, most: number, unitMs?: number) => {
  const wanted = `must be an integer from ${least} to ${most}`;
  const error = ({ input }: { readonly input?: unknown }) => {
    const number = unitMs === undefined ? undefined : withoutUnit(String(input), unitMs);
    const isPossible = Number.isInteger(number) && Number(number) >= least && Number(number) <= most;
    return isPossible ? `${wanted}: write ${number}` : wanted;
  };
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(least, wanted).max(most, wanted));
};

/** The variables that are set; an empty one counts as unset. */
export function withoutEmpty(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value]],
    ),
  );
}

/**
 * The value of a variable without white space and quotes around it. Files such as those of
 * `docker --env-file` are not read by a shell, so they keep both.
 */
export function withoutQuotes(value: string): string {
  const text = value.trim();
  const quoted = /^(["'])(.*)\1$/su.exec(text)?.[2];
  return quoted === undefined ? text : quoted.trim();
}

/** Pairs of quotes that people, shells and word processors put around a value. */
const QUOTES = ['""', "''", "``", "“”", "„“", "„”", "‘’", "‚‘", "«»"] as const;

const NAMES: ReadonlyMap<string, string> = new Map([
  [" ", "a space"],
  ["\t", "a tab"],
  ["\r", "a carriage return (the file has Windows line endings)"],
  ["\n", "a line break"],
]);

/**
 * What of a value was probably not meant as a part of it: `it is in quotes, which are part of the
 * value: delete them`. Files of environment variables differ in what they remove and fill in.
 */
export function valueEdges(value: string): string | undefined {
  const trimmed = value.trim();
  const edge = value.length === trimmed.length ? undefined : edgeOf(value, trimmed);
  if (edge !== undefined) {
    return `it ${edge}, which is part of the value: delete it`;
  }
  const inner = value.slice(1, -1);
  const isQuoted = value.length > 1 && QUOTES.some(([open, close]) => value === `${open}${inner}${close}`);
  if (isQuoted) {
    return "it is in quotes, which are part of the value: delete them";
  }
  if (holdsComment(value)) {
    return `${COMMENT_IN_VALUE}: put comments on lines of their own`;
  }
  const [reference] = /^\$\w+|\$\{\w*\}?|^%\w+%|\{\{/u.exec(value) ?? [];
  return reference === undefined
    ? undefined
    : `nothing fills in the ${reference} in it: write what it stands for`;
}

/** A clause about a value that `holdsComment`. */
export const COMMENT_IN_VALUE = "what begins with # is part of the value, and no comment";

/** Whether a value goes on into a comment. systemd removes blanks behind a closing quote. */
export function holdsComment(value: string): boolean {
  return /\s#|#\s/u.test(value);
}

function edgeOf(value: string, trimmed: string): string {
  const isBefore = value.trimStart() !== value;
  const character = isBefore ? (value[0] ?? "") : (value[value.length - 1] ?? "");
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const name = NAMES.get(character) ?? `U+${code}, which looks like a space`;
  return trimmed === "" ? "consists of blanks" : `${isBefore ? "begins" : "ends"} with ${name}`;
}
