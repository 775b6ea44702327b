import { BlockList, isIPv4, isIPv6 } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Whether packets to this IP address never leave this host: 127.0.0.0/8, ::1, and ::ffff:127.0.0.1.
 */
export function isLoopbackAddress(address: string): boolean {
  if (isIPv4(address)) {
    return loopback.check(address, "ipv4");
  }
  // A BlockList judges an address in ::ffff:0:0/96 by the IPv4 address inside it.
  return isIPv6(address) && loopback.check(address, "ipv6");
}

/**
 * Whether the host of a URL (`URL.hostname`, with brackets if it has them) is this host: a loopback
 * address or `localhost`. Not `localhost.`: /etc/hosts has no such name, so the system asks a DNS
 * server.
 */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return host === "localhost" || isLoopbackAddress(host);
}
