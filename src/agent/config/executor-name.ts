import { hostname } from "node:os";

/** In characters, as `agent.name`. */
const LONGEST_NAME = 63;

/** The host's name now, as that of an executor. */
export function hostName(): string {
  return hostname().slice(0, LONGEST_NAME);
}

/** What a host is called before somebody names it: by the kernel, systemd, or a system image. */
const COMMON_NAMES = new Set([
  ...["(none)", "none", "unknown", "unassigned", "hostname", "host", "linux"],
  ...["localhost", "localhost4", "localhost6", "localhost-live", "ip6-localhost", "ip6-loopback"],
  ...["debian", "ubuntu", "raspberrypi", "fedora", "centos", "archlinux", "alpine"],
]);

/** Whether hosts that nobody named share this name. Two of them would be one executor. */
export function isCommonName(name: string): boolean {
  const [first = ""] = name.toLowerCase().split(".");
  return COMMON_NAMES.has(first);
}

/** A sentence in the imperative, for a host with such a name. */
export function renameRemedy(isNameSet: boolean): string {
  return isNameSet
    ? "Give agent.name a value that only this host has."
    : "Set agent.name in agent.toml to a value that only this host has.";
}
