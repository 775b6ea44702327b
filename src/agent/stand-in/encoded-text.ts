import { Buffer } from "node:buffer";
import type { StandIn } from "./stand-in.ts";

/** One way in which a text can be encoded, and the command that undoes it. */
interface Encoding {
  readonly name: string;
  /** undefined: no short command does. */
  readonly command: string | undefined;
  readonly pattern: RegExp;
  readonly decode: (text: string) => string;
}

const LONGEST = 8192;
const MOST_LAYERS = 4;

const ENCODINGS: readonly Encoding[] = [
  {
    name: "hexadecimal digits",
    command: "xxd -r -p",
    pattern: /^(?:[0-9a-f]{2}[\s:]?)+$/iu,
    decode: (text) => Buffer.from(text.replaceAll(/[\s:]/gu, ""), "hex").toString("latin1"),
  },
  {
    name: "base64",
    command: "base64 -d",
    pattern: /^[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]*={0,2}$/u,
    decode: (text) => Buffer.from(text.replaceAll(/\s/gu, ""), "base64").toString("latin1"),
  },
  {
    name: "percent-encoding",
    command: undefined,
    pattern: /%[0-9a-f]{2}/iu,
    decode: (text) => text.replaceAll(/%([0-9a-f]{2})/giu, (_all, digits) => byte(digits)),
  },
  {
    name: "escapes such as \\x65",
    command: undefined,
    pattern: /^(?:\\x[0-9a-f]{2}){4}/iu,
    decode: (text) => text.replaceAll(/\\x([0-9a-f]{2})/giu, (_all, digits) => byte(digits)),
  },
];

/**
 * How `text` is encoded, if what `isMeant` accepts is behind at most four layers. White space
 * around it must have been removed.
 */
export function encodedText(text: string, isMeant: (text: string) => boolean): StandIn | undefined {
  if (text.length > LONGEST || isMeant(text)) {
    return undefined;
  }
  let layers: readonly { readonly text: string; readonly by: readonly Encoding[] }[] = [{ text, by: [] }];
  for (let depth = 0; depth < MOST_LAYERS; depth++) {
    layers = layers.flatMap((layer) =>
      ENCODINGS.filter(({ pattern }) => pattern.test(layer.text)).map((encoding) => ({
        text: encoding.decode(layer.text).trim(),
        by: [...layer.by, encoding],
      })),
    );
    const meant = layers.find((layer) => isMeant(layer.text));
    if (meant !== undefined) {
      const commands = meant.by.map((one) => one.command);
      const shown = commands.includes(undefined) ? "" : `, as this prints it: ${commands.join(" | ")}`;
      return {
        code: meant.by.every(({ name }) => name === "base64") ? "base64" : "encoded",
        problem: `is encoded in ${said(meant.by)}`,
        remedy: `Put the decoded text here${shown}.`,
      };
    }
  }
  return undefined;
}

function said(by: readonly Encoding[]): string {
  const names = by.map(({ name }) => name);
  if (new Set(names).size > 1) {
    return names.join(" of ");
  }
  const times = names.length === 1 ? "" : names.length === 2 ? ", twice" : `, ${names.length} times`;
  return `${names[0]}${times}`;
}

function byte(digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16));
}
