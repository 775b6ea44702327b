import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { promisify } from "node:util";
import { asRoot } from "../../../lib/shell-word.ts";
import { type DropHere, dropsByIptables, dropsByNftables } from "../../doctor/rules/dropped-here.ts";
import {
  filtersByIptables,
  filtersByNftables,
  type OutgoingRules,
} from "../../doctor/rules/outgoing-rules.ts";
import { type PacketRule, type RulePlace, withoutHandles } from "../../doctor/rules/packet-rule.ts";
import { redirectsByIptables, redirectsByNftables } from "../../doctor/rules/redirected-port.ts";
import { placeOfRule } from "../../doctor/rules/rule-file.ts";
import { ruleFiles } from "../../doctor/rules/rule-files.ts";

/** With the numbers by which rules are deleted. */
const RULESET = "nft -a list ruleset";
const PATIENCE_MS = 5000;
/** Rules of a busy host: a longer list is not read. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * This host's rules for outgoing packets, and those that redirect what it sends to `port`.
 * Undefined: there are none, no tool is here that knows them, or this user may not see them.
 */
export async function outgoingRules(port: string): Promise<OutgoingRules | undefined> {
  if (process.geteuid?.() !== 0) {
    return undefined;
  }
  const ruleset = await shownBy(RULESET);
  const ofNftables = ruleset && {
    command: "nft list ruleset",
    redirects: await inFiles(redirectsByNftables(ruleset, port)),
  };
  const all = [ofNftables, await ofIptables("ip6tables", port), await ofIptables("iptables", port)].flatMap(
    (each) => (each && each.redirects.length > 0 ? [each] : []),
  );
  // nft shows rules of iptables, too: whose they are is known by the file that has them.
  const found = all.find(({ redirects }) => redirects.some(({ file }) => file !== undefined)) ?? all.at(-1);
  if (found) {
    return { ...found, command: asRoot(found.command) };
  }
  if (ruleset !== undefined && filtersByNftables(withoutHandles(ruleset))) {
    return { command: asRoot("nft list ruleset"), redirects: [] };
  }
  for (const tool of ["iptables", "ip6tables"]) {
    const command = `${tool} -S OUTPUT`;
    const chain = await shownBy(command);
    if (chain !== undefined && filtersByIptables(chain)) {
      return { command: asRoot(command), redirects: [] };
    }
  }
  return undefined;
}

/** Rules of this host that drop what it sends to `addresses` of its own, as far as root sees. */
export async function dropsHere(addresses: readonly string[], port: string): Promise<readonly DropHere[]> {
  if (process.geteuid?.() !== 0) {
    return [];
  }
  const ruleset = (await shownBy(RULESET)) ?? "";
  const drops: DropHere[] = [];
  for (const address of addresses) {
    const tool = isIPv4(address) ? "iptables" : "ip6tables";
    const chains = await shownBy(`${tool} -S`);
    drops.push(
      ...dropsByNftables(ruleset, { address, port }, chains !== undefined),
      ...dropsByIptables(chains ?? "", { address, port }, tool),
    );
  }
  return await inFiles([...new Map(drops.map((each) => [each.command, each])).values()]);
}

async function ofIptables(tool: "iptables" | "ip6tables", port: string): Promise<OutgoingRules | undefined> {
  const command = `${tool} -t nat -S`;
  const table = (await hasNat(tool)) ? await shownBy(command) : undefined;
  if (table === undefined) {
    return undefined;
  }
  return { command, redirects: await inFiles(redirectsByIptables(table, port, tool)) };
}

/** Each with the place where a file has its rule. */
async function inFiles<Found extends { readonly rule?: PacketRule | undefined }>(
  all: readonly Found[],
): Promise<readonly (Found & { readonly file?: RulePlace | undefined })[]> {
  return await Promise.all(
    all.map(async (found) => {
      const { rule } = found;
      return rule === undefined ? found : { ...found, file: placeOfRule(rule, await ruleFiles(rule)) };
    }),
  );
}

/** The older iptables would load the table into the kernel, where it slows every packet down. */
async function hasNat(tool: "iptables" | "ip6tables"): Promise<boolean> {
  const version = await shownBy(`${tool} -V`);
  const tables = tool === "iptables" ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names";
  return (
    version !== undefined &&
    (version.includes("nf_tables") || /^nat$/mu.test(await readFile(tables, "utf8").catch(() => "")))
  );
}

async function shownBy(command: string): Promise<string | undefined> {
  const [tool = "", ...args] = command.split(" ");
  return await promisify(execFile)(tool, args, { timeout: PATIENCE_MS, maxBuffer: MOST_BYTES }).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}
