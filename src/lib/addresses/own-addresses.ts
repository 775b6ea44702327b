import { networkInterfaces } from "node:os";

/**
 * The addresses of the interfaces of this host that are up. Empty where they may not be seen: a
 * unit without AF_NETLINK in RestrictAddressFamilies=, as that of the agent, hides them.
 */
export function ownAddresses(): readonly string[] {
  try {
    return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  } catch {
    return [];
  }
}
