import { glob } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { inTime } from "../../../lib/files/file-answer.ts";
import { fileStart } from "../../systemd/service/file-start.ts";
import type { PacketRule } from "./packet-rule.ts";
import type { RuleFile } from "./rule-file.ts";

const NFTABLES = [
  "/etc/nftables.conf",
  "/etc/sysconfig/nftables.conf",
  "/etc/nftables.d/*",
  "/etc/nftables/*",
];
const IPTABLES = ["/etc/iptables/rules.v4", "/etc/sysconfig/iptables", "/etc/ufw/*[a-z].rules"];
const IP6TABLES = ["/etc/iptables/rules.v6", "/etc/sysconfig/ip6tables", "/etc/ufw/*6.rules"];
/** Blocklists have files of their own, and are longer than what a person wrote. */
const MOST_FILES = 40;
const MOST_BYTES = 256 * 1024;

/** By the tool that changes a rule. */
const PLACES: ReadonlyMap<string, readonly string[]> = new Map([
  ["nft", NFTABLES],
  ["iptables", IPTABLES],
  ["ip6tables", IP6TABLES],
]);

/** The files from which such a rule may be loaded at the start of this host. Never rejects. */
export async function ruleFiles(
  rule: PacketRule,
  patterns: readonly string[] = PLACES.get(rule.tool) ?? [],
): Promise<readonly RuleFile[]> {
  const { program } = rule;
  const found: RuleFile[] = [];
  const waiting = [...patterns];
  const seen = new Set<string>();
  for (const pattern of waiting) {
    for (const path of await pathsOf(pattern)) {
      if (seen.size >= MOST_FILES) {
        return found;
      }
      const text = seen.has(path) ? undefined : await startOf(path);
      seen.add(path);
      if (text !== undefined) {
        found.push({ path, text });
        // The loop goes on with them.
        waiting.push(...(program === "nftables" ? included(text, path) : []));
      }
    }
  }
  return found;
}

/** `include "/etc/nftables.d/*.nft"` in nft(8). */
function included(text: string, path: string): readonly string[] {
  const names = [...text.matchAll(/^\s*include\s+["']([^"'\n]{1,400})["']/gmu)].map(([, name = ""]) => name);
  // glob(3) knows no `**`, with which this one would go through the whole disk.
  const meant = names.filter((name) => !name.includes("**"));
  return meant.slice(0, MOST_FILES).map((name) => resolve(dirname(path), name));
}

async function pathsOf(pattern: string): Promise<readonly string[]> {
  if (!pattern.includes("*")) {
    return [pattern];
  }
  const list = async () => {
    const paths: string[] = [];
    for await (const path of glob(pattern)) {
      paths.push(path);
      if (paths.length >= MOST_FILES) {
        break;
      }
    }
    return paths.sort();
  };
  return await inTime(pattern, list).catch(() => []);
}

async function startOf(path: string): Promise<string | undefined> {
  const read = async () => {
    const start = await fileStart(path, MOST_BYTES);
    return start?.bytes.toString("utf8");
  };
  return await inTime(path, read).catch(() => undefined);
}
