import { BlockList, isIPv4, isIPv6 } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether a URL's host (`URL.hostname`, brackets and all) never leaves this machine: 127.0.0.0/8, ::1, localhost. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isIPv4(host)) {
    return loopback.check(host, "ipv4");
  }
  if (isIPv6(host)) {
    return loopback.check(host, "ipv6");
  }
  return host === "localhost" || host === "localhost.";
}
