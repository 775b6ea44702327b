import { isIPv4, isIPv6 } from "node:net";

const PORT = /:(\d{1,5})$/;
const MAX_PORT = 65_535;

/**
 * Parses an IP address into one spelling (RFC 5952), or undefined. A proxy may add a port or a
 * zone, spell an IPv6 address in many ways, or write an IPv4 address as an IPv6 one.
 */
export function ipAddress(text: string): string | undefined {
  // The common case, and cheaper than ruling out IPv6 first.
  if (isIPv4(text)) {
    return text;
  }
  const host = withoutPort(text);
  if (isIPv4(host)) {
    return host;
  }
  const [address = ""] = host.split("%", 1);
  // Checked with its zone: an empty zone is invalid.
  return isIPv6(host) ? (mappedIPv4(groupsOf(address)) ?? canonicalIPv6(address)) : undefined;
}

/**
 * The network that counts as one client: an IPv4 address, or an IPv6 /56, which is the least that a
 * customer gets (RFC 6177, 2). Takes what `ipAddress` returns.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = groupsOf(address);
  const network = [first, second, third, fourth & 0xff00].map((group) => group.toString(16)).join(":");
  return `${canonicalIPv6(`${network}::`)}/56`;
}

/** For `[2001:db8::1]:443` and `203.0.113.8:40001`; a bare IPv6 address has no port. */
function withoutPort(text: string): string {
  const isPort = Number(PORT.exec(text)?.[1]) <= MAX_PORT;
  const host = isPort ? text.replace(PORT, "") : text;
  const bracketed = /^\[([^\]]*)\]$/.exec(host)?.[1];
  if (bracketed !== undefined) {
    return isIPv6(bracketed) ? bracketed : "";
  }
  return isIPv6(text) ? text : host;
}

/** The WHATWG URL serializer writes IPv6 addresses as RFC 5952 does. */
function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function groupsOf(address: string): readonly number[] {
  const [head = "", tail = ""] = canonicalIPv6(address).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

/** ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
function mappedIPv4(groups: readonly number[]): string | undefined {
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".") : undefined;
}
