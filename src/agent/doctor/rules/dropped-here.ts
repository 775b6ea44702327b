import { BlockList, isIP, isIPv4 } from "node:net";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import { type Chain, chainsOfIptables, chainsOfNftables } from "./filter-chains.ts";
import { fileStep, type PacketRule, RULE_FILES, type RulePlace } from "./packet-rule.ts";
import { concerns } from "./redirected-port.ts";

/** A chain that drops what this host sends to itself. */
export interface DropHere {
  readonly program: "nftables" | "iptables";
  /** `table inet baseline, chain input`. */
  readonly place: string;
  /** What drops: `the rule tcp dport 3000 drop`, or its policy. */
  readonly by: string;
  /** Lets everything pass that this host sends to itself. */
  readonly command: string;
  /** Undefined: its policy drops. */
  readonly rule?: PacketRule | undefined;
  /** Where a file has that rule. */
  readonly file?: RulePlace | undefined;
}

/** What is sent to an address of this host, over lo. */
export interface OwnPacket {
  readonly address: string;
  readonly port: string;
}

const MAX_LENGTH = 200;

/** The chains of `nft list ruleset` that drop it, without those that iptables keeps there. */
export function dropsByNftables(ruleset: string, packet: OwnPacket, hasIptables: boolean): DropHere[] {
  const families = ["inet", isIPv4(packet.address) ? "ip" : "ip6"];
  return droppingIn(chainsOfNftables(ruleset), packet).flatMap(
    ({ chain: { table, name, isInput }, by, rule: own }) => {
      const [family = ""] = table.split(" ");
      const isOfIptables = hasIptables && / filter$/u.test(table) && /^(?:INPUT|OUTPUT)$/u.test(name);
      if (isOfIptables || !families.includes(family)) {
        return [];
      }
      const words = [...table.split(" "), name].map(shellWord).join(" ");
      const rule = `nft insert rule ${words} ${isInput ? "iif" : "oif"} lo accept`;
      const place = printable(`table ${table}, chain ${name}`, MAX_LENGTH);
      return [{ program: "nftables", place, by, command: asRoot(rule), rule: own }];
    },
  );
}

/** The same of `iptables -S`, or of `ip6tables -S`, which is `tool`. */
export function dropsByIptables(shown: string, packet: OwnPacket, tool: string): DropHere[] {
  return droppingIn(chainsOfIptables(shown, tool), packet).map(({ chain: { name, isInput }, by, rule }) => ({
    program: "iptables",
    place: `table filter, chain ${name}`,
    by,
    command: asRoot(`${tool} -I ${name} ${isInput ? "-i" : "-o"} lo -j ACCEPT`),
    rule,
  }));
}

/** What lets it pass; the control plane of this host is not reached before. */
export function dropSteps(drops: readonly DropHere[]): readonly Step[] {
  const files = new Set(drops.map(({ program }) => RULE_FILES[program]));
  return [
    ...drops.map(({ program, place, by, command }) =>
      step(
        `A rule of this host's firewall (${program}) drops what this host sends to itself over lo: ${place}, by ${by}. To let it pass, run:`,
        command,
      ),
    ),
    step(
      `Write the same rule into the file from which the rules are loaded (${[...files].join(", ")}), or the next start of this host undoes it.`,
    ),
    ...drops.flatMap(deletionSteps),
  ];
}

/** Others may need the rule against other hosts, so this is not the first advice. */
function deletionSteps({ rule, file }: DropHere): readonly Step[] {
  return rule?.deletion === undefined
    ? []
    : [
        step("If nobody needs the rule that drops, delete it in place of that:", rule.deletion),
        fileStep(rule, file),
      ];
}

function droppingIn(chains: readonly Chain[], packet: OwnPacket) {
  return chains.flatMap((chain) => {
    if (chain.policy === undefined) {
      return [];
    }
    const verdict = verdictOf(chain, chains, packet, new Set());
    const by = verdict === undefined && chain.policy === "drop" ? "its policy" : verdict?.by;
    return by === undefined ? [] : [{ chain, by, rule: verdict?.rule }];
  });
}

/** What the rules decide; `by` is the rule that drops. Undefined: they decide nothing. */
function verdictOf(
  chain: Chain,
  chains: readonly Chain[],
  packet: OwnPacket,
  seen: ReadonlySet<Chain>,
): { readonly by: string | undefined; readonly rule?: PacketRule } | undefined {
  for (const { text, shown, rule } of chain.rules.filter((each) => mayMatch(each.text, packet))) {
    const to = /\b(?:jump|goto) ([^\s,]+)/u.exec(text)?.[1];
    const next = chains.find(({ table, name }) => table === chain.table && name === to);
    if (/\b(?:accept|queue)\b/u.test(text)) {
      return { by: undefined };
    }
    if (next !== undefined && !seen.has(next)) {
      const verdict = verdictOf(next, chains, packet, new Set([...seen, next]));
      if (verdict !== undefined) {
        return verdict;
      }
    } else if (OF_ALL.test(withoutMatches(text))) {
      return { by: `the rule ${printable(shown, MAX_LENGTH)}`, rule };
    }
  }
  return undefined;
}

/** Whether a rule can be about the first packet of a connection over lo. */
function mayMatch(text: string, { address, port }: OwnPacket): boolean {
  const [, not, names = ""] = /\b[io]if(?:name)? (!= )?(\{[^}]*\}|\S+)/u.exec(text) ?? [];
  const isOfLo = names === "" || names === "vmap" || /\blo\b/u.test(names) === (not === undefined);
  const states = /\bct state (?:vmap )?(\{[^}]*\}|\S+)/u.exec(text)?.[1];
  return (
    isOfLo &&
    (states === undefined || /\bnew\b/u.test(states)) &&
    !/\b(?:icmp|icmpv6|ipv6-icmp|sport|sports)\b/u.test(text) &&
    concerns(text, Number(port)) &&
    !OTHER_PROTOCOL.test(text) &&
    [...text.matchAll(/\b[sd]addr (\{[^}]*\}|\S+)/gu)].every(([, ranges = ""]) =>
      (ranges.match(/[^{},\s]+/gu) ?? []).some((range) => mayHold(range, address)),
    )
  );
}

const OTHER_PROTOCOL = /\b(?:meta l4proto|ip protocol|ip6 nexthdr) (?!tcp\b|6\b|!=|[{@])/u;

/** Whether a range of addresses can hold this one: a set, or a negation, may be any. */
function mayHold(range: string, address: string): boolean {
  const [net = "", bits] = range.split("/");
  const version = isIP(net);
  if (version === 0) {
    return true;
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(net, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), family);
  return isIP(address) === version && list.check(address, family);
}

/** Nothing is left but the verdict: what it matched is in the packet. */
const OF_ALL = /^(?:drop|reject\b.*)$/u;

function withoutMatches(text: string): string {
  return text
    .replace(/\bcounter packets \d+ bytes \d+|\blog (?:prefix "[^"]*" ?)?/gu, "")
    .replace(/\b(?:meta l4proto|ip protocol|ip6 nexthdr) (?:tcp|6)\b|\bct state new\b/gu, "")
    .replace(
      /\b(?:th|tcp) dport (?:\{[^}]*\}|\S+)|\b[io]if(?:name)? "?lo"?|\bip6? [sd]addr [\d./:a-f]+/gu,
      "",
    )
    .trim();
}
