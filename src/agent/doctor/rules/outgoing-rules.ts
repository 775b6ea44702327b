import { type Remedy, type Step, step, stepsOf } from "../../../lib/text/remedy.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import { fileStep, type RulePlace } from "./packet-rule.ts";
import type { Redirect } from "./redirected-port.ts";

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
  /** Those that send it to another port or host, and where a file has them. */
  readonly redirects: readonly (Redirect & { readonly file?: RulePlace | undefined })[];
}

/** No line shows more rules. */
const MOST = 2;

/** What the rules are, as a sentence that its command follows. */
function rulesSteps({ command, redirects }: OutgoingRules): readonly Step[] {
  return redirects.length === 0
    ? [step("This host has rules for outgoing packets, which may be the cause. To see them, run:", command)]
    : redirectSteps("This may be the cause: this host redirects what it sends to that port, by", {
        command,
        redirects,
      });
}

/** Takes the redirects out; `start` is the sentence before them. */
export function redirectSteps(start: string, { command, redirects }: OutgoingRules): readonly Step[] {
  const named = redirects.slice(0, MOST);
  const rules = named.map(({ shown }) => shown).join("; ");
  const deletions = named.flatMap(({ rule }) => rule.deletion ?? []);
  const program = named[0]?.rule.program ?? "nftables";
  const [one, it, is] =
    redirects.length === 1 ? ["the rule", "it", "it is"] : ["the rules", "them", "they are"];
  const files = named.map(({ rule, file }) => fileStep(rule, file));
  const said = `${start} ${one} of ${program} ${rules}.`;
  return deletions.length < redirects.length
    ? [
        step(
          `${said} Delete ${it} there, and in the file from which ${is} loaded. To see all rules, run:`,
          command,
        ),
      ]
    : [
        step(
          `${said} To delete ${redirects.length === 1 ? "that rule" : "those rules"} alone, run:`,
          ...deletions,
        ),
        ...differing(files),
      ];
}

/** Several rules may be in one file. */
function differing(steps: readonly Step[]): readonly Step[] {
  return [...new Map(steps.map((each) => [`${each.say} ${each.run}`, each])).values()];
}

/** What a rule of a firewall can cause. */
const BY_RULES: ReadonlySet<UnreachableCause> = new Set(["connection-refused", "network", "timeout"]);
/** What a rule can cause that leads to another program. */
const BY_REDIRECTS: ReadonlySet<UnreachableCause> = new Set([
  ...BY_RULES,
  "connection-lost",
  "not-a-control-plane",
  "tls-untrusted",
  "tls-name-mismatch",
  "tls-other",
]);

/** The remedy of a failure, and the rules if they can be its cause. */
export function withRules(
  remedy: Remedy | undefined,
  cause: UnreachableCause | undefined,
  rules: OutgoingRules | undefined,
): Remedy | undefined {
  const causes = rules?.redirects.length === 0 ? BY_RULES : BY_REDIRECTS;
  if (rules === undefined || cause === undefined || !causes.has(cause)) {
    return remedy;
  }
  return [...stepsOf(remedy ?? []), ...rulesSteps(rules)];
}
