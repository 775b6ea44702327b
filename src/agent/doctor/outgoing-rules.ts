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
