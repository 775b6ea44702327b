/** The oldest and the newest systemd with which the unit is tested. */
export const DEBIAN_RELEASES = [
  { codename: "bookworm", title: "Debian 12, systemd 252", systemdVersion: 252 },
  { codename: "trixie", title: "Debian 13, systemd 257", systemdVersion: 257 },
] as const;

export type DebianRelease = (typeof DEBIAN_RELEASES)[number];
