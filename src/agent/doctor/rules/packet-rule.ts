import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { commentOut } from "../../../lib/text/file-command.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";

/** A rule that a packet filter of this host has, and how to be rid of it. */
export interface PacketRule {
  readonly program: "nftables" | "iptables";
  /** The command that changes it: `nft`, `iptables`, `ip6tables`. */
  readonly tool: string;
  /** Of nftables `inet fw`, of iptables `nat`. */
  readonly table: string;
  readonly chain: string;
  /** As its program shows it. */
  readonly text: string;
  /** Deletes this rule alone; undefined if no command is certain to. */
  readonly deletion: string | undefined;
}

/** Where a file has a rule. */
export interface RulePlace {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** Whether nothing else is in that line. */
  readonly isAlone: boolean;
}

/** A line of `nft -a`: the number of the rule is behind everything else, comments too. */
export function withoutHandle(line: string): { readonly text: string; readonly handle?: string } {
  const [, text, handle] = /^(.*?)\s*# handle (\d+)\s*$/u.exec(line) ?? [];
  return text === undefined || handle === undefined ? { text: line } : { text, handle };
}

/** The ruleset as `nft list ruleset` shows it. */
export function withoutHandles(ruleset: string): string {
  return ruleset
    .split("\n")
    .map((line) => withoutHandle(line).text)
    .join("\n");
}

export function nftRule(table: string, chain: string, text: string, handle: string | undefined): PacketRule {
  const words = wordsOf([...table.split(" "), chain]);
  const isKnown = words !== undefined && handle !== undefined;
  const deletion = isKnown ? asRoot(`nft delete rule ${words} handle ${handle}`) : undefined;
  return { program: "nftables", tool: "nft", table, chain, text, deletion };
}

/** Of a line of `iptables -S`, which is in the words of iptables-save(8). */
export function iptablesRule(tool: string, table: string, text: string): PacketRule {
  const [, chain = "", rest = ""] = /^-A (\S+)(.*)$/u.exec(text) ?? [];
  // A word is quoted if it has a space, and then a backslash stands before quotes and itself.
  const words = wordsOf(
    [chain, ...(rest.match(/"(?:[^"\\]|\\.)*"|\S+/gu) ?? [])].map((word) =>
      word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/gu, "$1") : word,
    ),
  );
  const inTable = table === "filter" ? "" : ` -t ${table}`;
  const deletion = words === undefined ? undefined : asRoot(`${tool}${inTable} -D ${words}`);
  return { program: "iptables", tool, table, chain, text, deletion };
}

/** Words for a shell; undefined if one cannot be shown as it is. Others choose comments. */
function wordsOf(words: readonly string[]): string | undefined {
  const isPlain = (word: string) => /^[\x20-\x7e]{0,300}$/u.test(word) && printable(word, 300) === word;
  return words.every(isPlain) ? words.map(shellWord).join(" ") : undefined;
}

/** From where the rules are loaded at the start of a host. */
export const RULE_FILES = {
  nftables: "mostly /etc/nftables.conf",
  iptables: "mostly /etc/iptables/rules.v4 or rules.v6",
} as const;

/** Takes a rule out of the file from which it is loaded, or says that there may be one. */
export function fileStep({ program }: PacketRule, place: RulePlace | undefined): Step {
  const start = "So that the next start of this host does not bring it back,";
  if (place === undefined) {
    return step(
      `${start} delete the rule in the file from which it is loaded (${RULE_FILES[program]}), too.`,
    );
  }
  const { path, line, isAlone } = place;
  return isAlone
    ? step(`${start} make line ${line} of ${path} a comment, too:`, asRoot(commentOut(path, { line })))
    : step(`${start} delete the rule in line ${line} of ${path}, too.`);
}
