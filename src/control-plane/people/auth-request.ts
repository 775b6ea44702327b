import type { IncomingHttpHeaders } from "node:http";
import { isIPv6 } from "node:net";

/** A request as better-auth takes it: the headers that matter to it, and the address that we know. */
export function authHeaders(headers: IncomingHttpHeaders, address: string | undefined): Headers {
  const passed = new Headers();
  for (const name of ["cookie", "content-type", "origin", "user-agent", "accept"] as const) {
    const value = headers[name];
    if (value !== undefined) passed.set(name, value);
  }
  if (address !== undefined) passed.set("x-novacula-address", address);
  return passed;
}

/**
 * What an address counts as where attempts are counted: an IPv6 host has a whole /64 to itself (RFC 4291, 2.5.4), and an
 * IPv4 address is the same in IPv6's writing.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%", 1)[0] ?? "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
