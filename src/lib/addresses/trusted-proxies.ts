import { BlockList, isIP, isIPv4 } from "node:net";
import { printable } from "../printable.ts";
import { ipAddress } from "./ip-address.ts";

/** Enough for the networks of any large provider of load balancers. */
const MAX_ENTRIES = 200;
const SHOWN = 60;

interface Network {
  /** In the spelling of ip-address.ts. */
  readonly address: string;
  readonly bits: number;
}

/**
 * The networks of the proxies on other hosts whose X-Forwarded-For counts. Those on this host
 * always count: a program that runs here may choose an address anyhow.
 */
export class TrustedProxies {
  private readonly networks = new BlockList();

  constructor(networks: readonly Network[] = []) {
    for (const { address, bits } of networks) {
      this.networks.addSubnet(address, bits, familyOf(address));
    }
  }

  /** Takes what `ipAddress` returns. */
  has(address: string): boolean {
    return this.networks.check(address, familyOf(address));
  }
}

/**
 * Parses a list of addresses and networks, with commas between them. A problem is a sentence that
 * says what is wrong.
 */
export function parseTrustedProxies(
  text: string,
): { readonly found: TrustedProxies } | { readonly problem: string } {
  const entries = text.split(",").map((entry) => entry.trim());
  if (entries.length > MAX_ENTRIES) {
    return { problem: `must have at most ${MAX_ENTRIES} entries, not ${entries.length}` };
  }
  const networks: Network[] = [];
  for (const entry of entries) {
    const network = networkOfEntry(entry);
    if (typeof network === "string") {
      return { problem: network };
    }
    networks.push(network);
  }
  return { found: new TrustedProxies(networks) };
}

function networkOfEntry(entry: string): Network | string {
  const shown = printable(entry, SHOWN);
  if (entry === "") {
    return "must be addresses and networks with one comma between them, such as 192.0.2.7,2001:db8::/64";
  }
  const [written = "", length, ...rest] = entry.split("/");
  // A port, brackets and a zone are of a header, and not of a network.
  const address = isIP(written) === 0 || written.includes("%") ? undefined : ipAddress(written);
  if (address === undefined || rest.length > 0) {
    return `${shown} is no IP address, and no network such as 192.0.2.0/24 or 2001:db8::/64, and names are not looked up`;
  }
  const width = isIPv4(address) ? 32 : 128;
  // An IPv4 network in the form of IPv6, such as ::ffff:192.0.2.0/120.
  const mapped = isIPv4(address) && !isIPv4(written) ? 96 : 0;
  const bits = length === undefined ? width : Number(length) - mapped;
  if (length !== undefined && (!/^(?:0|[1-9]\d{0,2})$/.test(length) || bits < 0 || bits > width)) {
    return `${shown} needs a number from ${mapped + 1} to ${mapped + width} behind the slash`;
  }
  const network = { address, bits };
  if (bits === 0 || hasAllOfIPv4(network)) {
    return `${shown} is everybody, so every client could choose its address: name the proxies alone`;
  }
  return network;
}

/** An IPv4 address is one of IPv6 as well (::ffff:0:0/96), in some large networks. */
function hasAllOfIPv4(network: Network): boolean {
  return !isIPv4(network.address) && new TrustedProxies([network]).has("0.0.0.0");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv4(address) ? "ipv4" : "ipv6";
}
