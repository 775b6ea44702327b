import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";
import { editDistance } from "../../../lib/text/edit-distance.ts";

/** What NO_PROXY says of one endpoint. */
export interface Exceptions {
  /** The entry that excepts it, as it is written; undefined if none does. */
  readonly matched: string | undefined;
  /** The entries that are neither a name nor an address nor a pattern of them, as written. */
  readonly notUnderstood: readonly string[];
  /** All entries, as written. */
  readonly entries: readonly string[];
  /** The first entry that a slip of the keyboard, or a port, keeps from excepting it. */
  readonly near: { readonly written: string; readonly meant: string } | undefined;
}

/** One entry, in one spelling. */
interface Entry {
  readonly host: string;
  /** undefined: every port. */
  readonly port: string | undefined;
}

/**
 * NO_PROXY: `*`, names with their subdomains, `.suffix`, `*.suffix`, `host:port`, addresses, CIDR
 * ranges. Other spellings of these are read as they are meant: a URL, quotes, `;` or `|` between
 * entries, any form of an IPv6 address, `192.0.2.*`, `10.`, an international name, a comment.
 */
export function readExceptions(endpoint: URL, text: string): Exceptions {
  const host = bareHost(endpoint.hostname);
  const port = endpoint.port || (endpoint.protocol === "https:" ? "443" : "80");
  // A comment behind the list is part of the value, but nobody means its words.
  const list = text.replace(/(?:^|\s)#.*$/su, "");
  const written = list.split(/[,;|\s"'\u201c\u201d]+/u).filter((entry) => entry !== "");
  const entries = written.map((entry) => ({ written: entry, meant: meantBy(entry.toLowerCase()) }));
  return {
    matched: entries.find(({ meant }) => meant !== undefined && matches(meant, host, port))?.written,
    notUnderstood: entries.flatMap((entry) => (entry.meant === undefined ? [entry.written] : [])),
    entries: written,
    near: entries
      .flatMap((entry) => {
        const correct = entry.meant && nearIn(entry.meant, host, port);
        return correct === undefined ? [] : [{ written: entry.written, meant: correct }];
      })
      .at(0),
  };
}

function meantBy(written: string): Entry | undefined {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//.test(written);
  const entry = isUrl
    ? written.replace(/^[^/]*\/\/([^/@]*@)?/, "").replace(/\/.*$/, "")
    : written.replace(/\/$/, "");
  const withPort = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(entry);
  const host = bareHost(withPort?.[1] ?? entry);
  const port = withPort?.[2];
  if (isIP(host) !== 0 || isRange(host)) {
    return { host, port };
  }
  if (/^(\d{1,3}\.){1,3}$/.test(entry)) {
    return { host: `${entry}*`, port };
  }
  const name = host.replace(/^\*?\./, "");
  if (host === "*" || /^[a-z0-9_*.-]+$/.test(host)) {
    return name.includes("..") ? undefined : { host, port };
  }
  const ascii = /^[\p{L}\p{N}_.-]+$/u.test(name) ? domainToASCII(name) : "";
  return ascii === "" ? undefined : { host: host.slice(0, host.length - name.length) + ascii, port };
}

function matches(entry: Entry, host: string, port: string): boolean {
  if (entry.port !== undefined && entry.port !== port) {
    return false;
  }
  if (isIP(host) !== 0) {
    return isAddressIn(host, entry.host) || (entry.host.includes("*") && isLike(host, entry.host));
  }
  if (entry.host.includes("*")) {
    return isLike(host, entry.host);
  }
  const suffix = entry.host.replace(/^\./, "");
  return host === suffix || host.endsWith(`.${suffix}`);
}

/** What the entry was meant to be: itself without a port, or the host or a domain above it. */
function nearIn(entry: Entry, host: string, port: string): string | undefined {
  if (matches({ ...entry, port: undefined }, host, port)) {
    return entry.host;
  }
  const [prefix = "", name = ""] = /^(\*?\.)?(.*)$/u.exec(entry.host)?.slice(1) ?? [];
  const labels = name.split(".");
  const meant = host.split(".").slice(-labels.length);
  const isName = isIP(host) === 0 && labels.length === meant.length;
  return isName && labels.every((label, index) => isNear(label, meant[index] ?? ""))
    ? `${prefix}${meant.join(".")}`
    : undefined;
}

/** Short names, and names with other numbers, are those of other hosts. */
function isNear(label: string, meant: string): boolean {
  const most = Math.min(2, Math.floor(meant.length / 4));
  const withoutNumbers = (text: string) => text.replaceAll(/\d+/gu, "");
  return (
    label === meant || (withoutNumbers(label) !== withoutNumbers(meant) && editDistance(label, meant) <= most)
  );
}

/** Compares by value: `2001:DB8::0:1` is `2001:db8::1`. */
function isAddressIn(address: string, pattern: string): boolean {
  const [network = "", bits] = pattern.replace(/^\[(.*)\]/, "$1").split("/");
  const version = isIP(network);
  if (version === 0 || version !== isIP(address)) {
    return false;
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), family);
  return list.check(address, family);
}

function isRange(pattern: string): boolean {
  const [network = "", bits, ...rest] = pattern.replace(/^\[(.*)\]/, "$1").split("/");
  const version = isIP(network);
  const isSize = bits !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  return version !== 0 && isSize && rest.length === 0;
}

/** Whether `pattern`, in which `*` stands for any characters, matches the whole of `host`. */
function isLike(host: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split(/\*+/);
  if (!host.startsWith(first)) {
    return false;
  }
  let from = first.length;
  for (const [index, part] of rest.entries()) {
    const isLast = index === rest.length - 1;
    const at = isLast ? host.length - part.length : host.indexOf(part, from);
    if (at < from || !host.startsWith(part, at)) {
      return false;
    }
    from = at + part.length;
  }
  return true;
}

function bareHost(host: string): string {
  return host
    .replace(/^\[([^\]]*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}
