import { printable } from "../../../lib/printable.ts";

export const NSSWITCH = "/etc/nsswitch.conf";

/** The line of nsswitch.conf(5) that says where names of hosts are looked up. */
export interface NameSwitch {
  /** Those that are asked for a name that the ones before do not know: `files`, `dns`. */
  readonly sources: readonly string[];
  /** 1-based; undefined: there is no such line. */
  readonly line: number | undefined;
  /** The source after which an action ends the look-up; undefined: none does. */
  readonly endsAt: string | undefined;
  /** Each source with its actions: `mdns4_minimal [NOTFOUND=return]`. */
  readonly entries: readonly string[];
}

/** What the C library does without the line. */
const DEFAULT = { sources: ["dns", "files"], line: undefined, endsAt: undefined, entries: [] } as const;

const ENTRY = /[^\s[\]]+(?:\s*\[[^\]]*\])*/gu;
/** Then nobody is asked behind it. Other sources than these two may not serve. */
const ENDS = /^(files|dns)\s*\[[^\]]*(?:NOTFOUND|!\s*(?:SUCCESS|UNAVAIL|TRYAGAIN))\s*=\s*return/iu;

export function nameSwitchOf(nsswitch: string): NameSwitch {
  const lines = nsswitch.split("\n");
  const index = lines.findIndex((each) => HOSTS.test(each));
  const entries = HOSTS.exec(lines[index] ?? "")?.[1]?.match(ENTRY) ?? [];
  if (entries.length === 0) {
    return DEFAULT;
  }
  const end = entries.findIndex((entry) => ENDS.test(entry));
  const asked = end === -1 ? entries : entries.slice(0, end + 1);
  return {
    sources: asked.map(sourceOf),
    line: index + 1,
    endsAt: end === -1 ? undefined : entries[end],
    entries,
  };
}

const HOSTS = /^[ \t]*hosts:([^#]*)/u;

function sourceOf(entry: string): string {
  return entry.replace(/\s*\[.*$/su, "");
}

/** Where the line is: `line 7 of /etc/nsswitch.conf`. */
export function placeOfSwitch({ line }: NameSwitch): string {
  return line === undefined ? NSSWITCH : `line ${line} of ${NSSWITCH}`;
}

/** A clause that says what the line has to be, so that this source is asked. */
export function askToo(found: NameSwitch, source: "files" | "dns"): string {
  const others = found.entries.filter((entry) => sourceOf(entry) !== source).map(withoutEnd);
  const files = others.some((entry) => sourceOf(entry) === "files") ? [] : ["files"];
  const entries = source === "files" ? ["files", ...others] : [...files, ...others, "dns"];
  const text = `hosts: ${entries.join(" ")}`;
  return /^[\x20-\x7e]{1,120}$/u.test(text) && !text.includes('"')
    ? `write ${placeOfSwitch(found)} as "${text}"`
    : `add ${source} to ${placeOfSwitch(found)} (${printable(text, 40)})`;
}

function withoutEnd(entry: string): string {
  return ENDS.test(entry) ? sourceOf(entry) : entry.replaceAll(/\s+/gu, " ");
}
