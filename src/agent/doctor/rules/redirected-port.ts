import { printable } from "../../../lib/printable.ts";
import { iptablesRule, nftRule, type PacketRule, withoutHandle } from "./packet-rule.ts";

/** A rule that sends packets elsewhere. */
export interface Redirect {
  readonly rule: PacketRule;
  /** The rule, with where it is. */
  readonly shown: string;
}

/** A rule of NAT, with where it is. */
interface Rule {
  readonly chain: string;
  readonly text: string;
  readonly place: string;
  readonly rule: PacketRule;
}

const MAX_LENGTH = 200;
/** The last two are how nft(8) shows rules of iptables that it cannot translate. */
const BY_NFTABLES = /\b(?:dnat|redirect)\b|xt target "(?:DNAT|REDIRECT)"/u;
const BY_IPTABLES = /\s-j (?:DNAT|REDIRECT)\b/u;

/** The rules in `nft -a list ruleset` that send elsewhere what this host sends to the port. */
export function redirectsByNftables(ruleset: string, port: string): readonly Redirect[] {
  const rules: Rule[] = [];
  const hooks = new Set<string>();
  let table = "";
  let name: string | undefined;
  for (const line of ruleset.split("\n")) {
    const { text, handle } = withoutHandle(line.trim());
    table = /^table (\S+ \S+) \{$/u.exec(text)?.[1] ?? table;
    const begins = /^chain (\S+) \{$/u.exec(text)?.[1];
    if (begins !== undefined || text === "}") {
      name = begins;
    } else if (name !== undefined && text.startsWith("type nat hook output ")) {
      hooks.add(`${table} ${name}`);
    } else if (name !== undefined) {
      const rule = nftRule(table, name, text, handle);
      rules.push({ chain: `${table} ${name}`, text, place: `table ${table}, chain ${name}`, rule });
    }
  }
  const next = ({ chain, text }: Rule) => {
    const to = /\b(?:jump|goto) (\S+)/u.exec(text)?.[1];
    return to && `${chain.slice(0, chain.lastIndexOf(" "))} ${to}`;
  };
  return shown(reached(rules, hooks, next), BY_NFTABLES, port);
}

/** The same of `iptables -t nat -S`, or of `ip6tables`, which is `tool`. */
export function redirectsByIptables(table: string, port: string, tool: string): readonly Redirect[] {
  const rules = table.split("\n").flatMap((text): Rule[] => {
    const chain = /^-A (\S+) /u.exec(text)?.[1];
    return chain === undefined
      ? []
      : [{ chain, text, place: "table nat", rule: iptablesRule(tool, "nat", text) }];
  });
  const next = ({ text }: Rule) => /\s-[jg] (\S+)/u.exec(text)?.[1];
  return shown(reached(rules, new Set(["OUTPUT"]), next), BY_IPTABLES, port);
}

/** The rules of these chains, and of those to which they jump. */
function reached(
  rules: readonly Rule[],
  chains: ReadonlySet<string>,
  next: (rule: Rule) => string | undefined,
): readonly Rule[] {
  const found = rules.filter(({ chain }) => chains.has(chain));
  const all = new Set([...chains, ...found.flatMap((rule) => next(rule) ?? [])]);
  return all.size === chains.size ? found : reached(rules, all, next);
}

function shown(rules: readonly Rule[], redirects: RegExp, port: string): readonly Redirect[] {
  return rules
    .filter(({ text }) => redirects.test(text) && concerns(text, Number(port)))
    .map(({ text, place, rule }) => {
      const short = text.replace(/counter packets \d+ bytes \d+ /u, "");
      return { rule, shown: `${printable(short, MAX_LENGTH)} (${printable(place, MAX_LENGTH)})` };
    });
}

/** Whether a rule can be about TCP to that port: one that names no port is about all. */
export function concerns(rule: string, port: number): boolean {
  if (/\budp\b/u.test(rule) && !/\btcp\b/u.test(rule)) {
    return false;
  }
  const [, before, after, values = ""] = /(! )?(?:\bdport|--dports?) (!= )?(\{[^}]*\}|\S+)/u.exec(rule) ?? [];
  if (values === "" || values.startsWith("@")) {
    return true;
  }
  if (values === "map" || values === "vmap") {
    return new RegExp(`\\b${port} :`, "u").test(rule);
  }
  const isListed = values
    .split(/[{},\s]+/u)
    .filter((each) => each !== "")
    .some((each) => isWithin(each, port));
  return isListed !== (before !== undefined || after !== undefined);
}

/** `8443`, `8000-9000`, `8000:9000`, or a name of /etc/services, which may be any. */
function isWithin(range: string, port: number): boolean {
  const [from = "", to = from] = range.split(/[-:]/u);
  return Number.isNaN(Number(from)) || (Number(from) <= port && port <= Number(to));
}
