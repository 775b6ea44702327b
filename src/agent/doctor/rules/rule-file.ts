import type { PacketRule, RulePlace } from "./packet-rule.ts";

/** A file that rules are loaded from. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

/** The first place in these files that has the rule, in the same chain; undefined if none has. */
export function placeOfRule(rule: PacketRule, files: readonly RuleFile[]): RulePlace | undefined {
  const find = rule.program === "nftables" ? lineOfNftables : lineOfIptables;
  for (const { path, text } of files) {
    const found = find(rule, text.split("\n"));
    if (found !== undefined && /^[\x20-\x7e]+$/u.test(path)) {
      return { path, ...found };
    }
  }
  return undefined;
}

type Line = Pick<RulePlace, "line" | "isAlone">;

function lineOfNftables({ table, chain, text }: PacketRule, lines: readonly string[]): Line | undefined {
  const wanted = plain(text);
  let isInTable = true;
  let isInChain = false;
  for (const [index, written] of lines.entries()) {
    const [, kind = "ip", named] = TABLE.exec(written) ?? [];
    // A file that is included inside a table does not name it.
    isInTable = named === undefined ? isInTable : `${kind} ${named}` === table;
    const begins = /\bchain (\S+?)\s*\{(.*)$/u.exec(written);
    isInChain = begins === null ? isInChain : begins[1] === chain;
    const line = plain(begins?.[2] ?? written);
    const command = /^(?:nft )?(?:add|insert) rule (?:(ip6?|inet) )?(\S+) (\S+) (.*)$/u.exec(line);
    const [, family = "ip", name, of, rest = ""] = command ?? [];
    if (command !== null && `${family} ${name}` === table && of === chain && rest === wanted) {
      return { line: index + 1, isAlone: true };
    }
    const parts = line.split(/\s*[;}]\s*/u);
    if (isInTable && isInChain && parts.includes(wanted)) {
      return { line: index + 1, isAlone: begins === null && line === wanted };
    }
    isInChain &&= !/^\s*\}/u.test(written);
  }
  return undefined;
}

const TABLE = /^\s*(?:(?:add|create) )?table (?:([a-z0-9]+)\s+)?([^\s{;]+)\s*\{/u;

/** As it may be written by hand: other white space, no quotes, and counters without numbers. */
function plain(line: string): string {
  return line
    .replace(/(?:^|\s)#[^"]*$/u, "")
    .replaceAll(/counter packets \d+ bytes \d+/gu, "counter")
    .replaceAll(/"([\w.@-]+)"/gu, "$1")
    .replaceAll(/\bto :(?=\d)/gu, "to ")
    .replaceAll(/\s+/gu, " ")
    .replace(/[; ]+$/u, "")
    .trim();
}

function lineOfIptables({ table, text }: PacketRule, lines: readonly string[]): Line | undefined {
  const wanted = saved(text);
  let section = "";
  for (const [index, line] of lines.entries()) {
    section = /^\*(\w+)/u.exec(line)?.[1] ?? section;
    if (section === table && saved(line) === wanted) {
      return { line: index + 1, isAlone: true };
    }
  }
  return undefined;
}

/** A line of iptables-save(8), as it may be written by hand. */
function saved(line: string): string {
  return line
    .replace(/^\[\d+:\d+\] /u, "")
    .replaceAll(/ -m (?:tcp|udp)(?= )/gu, "")
    .replaceAll(/\/32(?= |$)/gu, "")
    .replaceAll(/\s+/gu, " ")
    .trim();
}
