import { type Step, step } from "../../../lib/text/remedy.ts";

/** A chain that sees what the programs of this host send: nft(8), `type filter hook output`. */
const OUTPUT_CHAIN = /\bchain \S+ \{\s*type filter hook output [^;]*;(?: policy (\w+);)?([^}]*)\}/gu;

/** Whether `nft list ruleset` shows a chain that can drop what this host sends. */
export function filtersByNftables(ruleset: string): boolean {
  return [...ruleset.matchAll(OUTPUT_CHAIN)].some(
    ([, policy = "accept", rules = ""]) => policy !== "accept" || rules.trim() !== "",
  );
}

/** Whether `iptables -S OUTPUT` shows a rule, or another policy than to let everything pass. */
export function filtersByIptables(chain: string): boolean {
  return chain.split("\n").some((line) => line.trim() !== "" && line.trim() !== "-P OUTPUT ACCEPT");
}

/** What this host's rules can do to what it sends to the control plane, or to its proxy. */
export interface OutgoingRules {
  /** Shows them. */
  readonly command: string;
  /** Those that send it to another port or host, with where they are. */
  readonly redirects: readonly string[];
}

/** No line shows more rules. */
const MOST = 2;

/** What the rules are, as a sentence that its command follows. */
export function rulesStep({ command, redirects }: OutgoingRules): Step {
  return step(
    redirects.length === 0
      ? "This host has rules for outgoing packets, which may be the cause. To see them, run:"
      : `This host redirects what it sends to that port, which may be the cause: ${redirects.slice(0, MOST).join("; ")}. To see where that is, run:`,
    command,
  );
}
