import { iptablesRule, nftRule, type PacketRule, withoutHandle } from "./packet-rule.ts";

/** A rule in the words of nft(8) without its comment, and as the program shows it. */
export interface FilterRule {
  readonly text: string;
  readonly shown: string;
  readonly rule: PacketRule;
}

/** A chain of a packet filter. */
export interface Chain {
  /** `inet baseline`; of iptables: empty. */
  readonly table: string;
  readonly name: string;
  /** Of a chain that the kernel enters by itself, `accept` or `drop`; undefined: by jumps alone. */
  readonly policy: string | undefined;
  /** Whether it sees what comes in, rather than what goes out. */
  readonly isInput: boolean;
  readonly rules: readonly FilterRule[];
}

/** Hooks that see what this host sends to itself: nft(8). */
const HOOK = /^type filter hook (input|prerouting|output|postrouting) [^;]*;(?: policy (\w+);)?/u;

/** The chains in `nft -a list ruleset`. */
export function chainsOfNftables(ruleset: string): readonly Chain[] {
  const chains: (Chain & { rules: FilterRule[] })[] = [];
  let table = "";
  let isInChain = false;
  for (const line of ruleset.split("\n")) {
    const { text, handle } = withoutHandle(line.trim());
    table = /^table (\S+ \S+) \{/u.exec(text)?.[1] ?? table;
    const name = /^chain (\S+) \{$/u.exec(text)?.[1];
    const last = chains.at(-1);
    if (name !== undefined || text === "}") {
      isInChain = name !== undefined;
      chains.push(
        ...(name === undefined ? [] : [{ table, name, policy: undefined, isInput: false, rules: [] }]),
      );
    } else if (isInChain && last !== undefined) {
      const [hook, at, policy = "accept"] = HOOK.exec(text) ?? [];
      const isInput = at === "input" || at === "prerouting";
      if (hook !== undefined) {
        chains.splice(-1, 1, { ...last, policy, isInput });
      } else if (!text.startsWith("type ")) {
        last.rules.push({
          text: text.replace(/ comment "[^"]*"/u, ""),
          shown: text.replace(/counter packets \d+ bytes \d+ /u, ""),
          rule: nftRule(table, last.name, text, handle),
        });
      }
    }
  }
  return chains;
}

/** The words of iptables(8) for a rule, and those of nft(8) for the same. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^-A \S+ /u, ""],
  [/-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+) /gu, ""],
  [/! -([io]) /gu, "$1if != "],
  [/-([io]) /gu, "$1if "],
  [/! -([sd]) \S+/gu, ""],
  [/-([sd]) /gu, "ip $1addr "],
  [/-p (\S+)/gu, "meta l4proto $1"],
  [/-m (?:tcp|conntrack|state|multiport) /gu, ""],
  [/--(?:ct)?state /gu, "ct state "],
  [/! --(dports?) /gu, "tcp $1 != "],
  [/--(dports?) /gu, "tcp $1 "],
  [/-j (ACCEPT|DROP|REJECT|RETURN)\b/gu, "$1"],
  [/-([jg]) /gu, "jump "],
];

/**
 * The chains in `iptables -S` that see what this host sends to itself, and those by jumps; `tool`
 * is that program, or ip6tables.
 */
export function chainsOfIptables(shown: string, tool: string): readonly Chain[] {
  const lines = shown.split("\n").map((line) => line.trim());
  return lines.flatMap((line): Chain[] => {
    const [, name, policy = "-"] = /^-[PN] (\S+)(?: (\S+))?$/u.exec(line) ?? [];
    if (name === undefined || name === "FORWARD") {
      return [];
    }
    const rules = lines.filter((each) => each.startsWith(`-A ${name} `));
    return [
      {
        table: "",
        name,
        policy: policy === "-" ? undefined : policy.toLowerCase(),
        isInput: name === "INPUT",
        rules: rules.map((each) => ({
          text: inNft(each),
          shown: each,
          rule: iptablesRule(tool, "filter", each),
        })),
      },
    ];
  });
}

function inNft(rule: string): string {
  const text = WORDS.reduce((sum, [word, other]) => sum.replace(word, other), rule);
  return text
    .replace(/\b(?:ACCEPT|DROP|REJECT|RETURN|NEW|QUEUE|NFQUEUE)\b/gu, (word) =>
      word.toLowerCase().replace("nfqueue", "queue"),
    )
    .trim();
}
