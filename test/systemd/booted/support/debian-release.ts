/** The oldest and the newest systemd with which the units are tested, and their litecoind. */
export const DEBIAN_RELEASES = [
  {
    codename: "bookworm",
    title: "Debian 12, systemd 252",
    systemdVersion: 252,
    litecoind: "0.21.2.1",
    monerod: "0.18.0.0",
  },
  {
    codename: "trixie",
    title: "Debian 13, systemd 257",
    systemdVersion: 257,
    litecoind: "0.21.4",
    monerod: "0.18.4.0",
  },
] as const;

export type DebianRelease = (typeof DEBIAN_RELEASES)[number];
