import * as z from "zod";
import { printable } from "../printable.ts";

/** What is told of an environment variable wherever it is documented. */
interface VariableText {
  /** One or two sentences without line breaks. */
  readonly meaning: string;
  /** A value that works, for a variable without a default. */
  readonly example?: string;
  /** True: no error and no log shows its value. */
  readonly isSecret?: boolean;
}

export interface EnvironmentVariable extends VariableText {
  readonly name: string;
  /** As it would be set; undefined: there is none, or `meaning` tells it. */
  readonly defaultValue: string | undefined;
}

/** The texts of schemas: `schema.register(variableTexts, { meaning })`. */
export const variableTexts = z.registry<VariableText>();

/** The variables of an object schema's shape, in its order. */
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
  /** What is wanted instead, without the value. */
  readonly message: string;
}

/** The problems that a schema found. `name`: the variable, for an error without a path. */
export function problemsOf(error: z.ZodError | undefined, name = ""): VariableProblem[] {
  return (error?.issues ?? []).map(({ path, message }) => ({ name: path.join(".") || name, message }));
}

/** One indented line a problem, with the value unless that may hold a secret. */
export function describeProblems(
  variables: readonly EnvironmentVariable[],
  problems: readonly VariableProblem[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const secrets = new Set(variables.filter(({ isSecret }) => isSecret).map(({ name }) => name));
  const lines = problems.map(({ name, message }) => {
    const got = env[name] ?? "";
    // In a URL, a password often precedes the @.
    const isShown = got !== "" && !secrets.has(name) && !got.includes("@");
    return `  ${name}: ${message}${isShown ? ` (got ${printable(got)})` : ""}`;
  });
  return [...new Set(lines)];
}

/** The section of --help: a name per paragraph, its text indented and wrapped at 80 columns. */
export function environmentHelp(variables: readonly EnvironmentVariable[]): string {
  const width = Math.max(...variables.map(({ name }) => name.length)) + 2;
  const paragraphs = variables.map((variable) => {
    const [first = "", ...rest] = wrapped(sentences(variable), 80 - 2 - width);
    return [`  ${variable.name.padEnd(width)}${first}`, ...rest.map((line) => " ".repeat(width + 2) + line)];
  });
  return ["Environment:", ...paragraphs.flat()].join("\n");
}

/** The meaning, with the default behind it. */
export function sentences({ meaning, defaultValue }: EnvironmentVariable): string {
  return defaultValue === undefined ? meaning : `${meaning} (default: ${defaultValue})`;
}

/** Greedily filled lines of at most `width` characters; a longer word has a line of its own. */
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
