import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { asRoot } from "../../../lib/shell-word.ts";
import { filtersByIptables, filtersByNftables } from "../../doctor/outgoing-rules.ts";

const PATIENCE_MS = 5000;

/** The tools that may be there, and how each shows that it has something to say. */
const TOOLS = [
  { words: ["nft", "list", "ruleset"], filters: filtersByNftables },
  { words: ["iptables", "-S", "OUTPUT"], filters: filtersByIptables },
  { words: ["ip6tables", "-S", "OUTPUT"], filters: filtersByIptables },
] as const;

/**
 * The command that shows this host's rules for outgoing packets. Undefined: there are none, no tool
 * is here that knows them, or this user may not see them.
 */
export async function outgoingRules(): Promise<string | undefined> {
  if (process.geteuid?.() !== 0) {
    return undefined;
  }
  for (const { words, filters } of TOOLS) {
    const [tool, ...args] = words;
    const shown = await promisify(execFile)(tool, args, {
      timeout: PATIENCE_MS,
      maxBuffer: MOST_BYTES,
    }).catch(() => undefined);
    if (shown !== undefined && filters(shown.stdout)) {
      return asRoot(words.join(" "));
    }
  }
  return undefined;
}

/** Rules of a busy host: a longer list is not read. */
const MOST_BYTES = 16 * 1024 * 1024;
