import { hostname } from "node:os";

/** In characters, as `agent.name`. */
const LONGEST_NAME = 63;

/** The host's name now, as that of an executor. */
export function hostName(): string {
  return hostname().slice(0, LONGEST_NAME);
}

/** What a host is called before somebody names it: by the kernel, systemd, or a system image. */
const COMMON_NAMES = new Set([
  ...["(none)", "none", "unknown", "unassigned", "unassigned-hostname", "hostname", "host", "linux"],
  ...["localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "localdomain"],
  ...["debian", "ubuntu", "fedora", "centos", "rocky", "almalinux", "rhel", "opensuse", "suse", "nixos"],
  ...["archlinux", "archiso", "alpine", "amazonlinux", "kali", "gentoo", "openwrt", "buildroot"],
  ...["raspberrypi", "raspberry", "armbian", "dietpi", "orangepi", "rescue", "template", "vagrant"],
]);
/** What images add to such a name. */
const IMAGE_KINDS = /-(?:server|live|minimal|cloud|base|template|image)$/u;

/** Whether hosts that nobody named share this name. Two of them would be one executor. */
export function isCommonName(name: string): boolean {
  const [first = ""] = name.toLowerCase().split(".");
  return COMMON_NAMES.has(first) || COMMON_NAMES.has(first.replace(IMAGE_KINDS, ""));
}

/** A sentence in the imperative, for a host with such a name. */
export function renameRemedy(isNameSet: boolean): string {
  return isNameSet
    ? "Give agent.name a value that only this host has."
    : "Set agent.name in agent.toml to a value that only this host has.";
}
