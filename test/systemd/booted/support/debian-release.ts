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

/**
 * Runs `body` on all releases at the same time, for a test that mostly waits. Rejects once all have
 * ended, with what went wrong and where.
 */
export async function onEachRelease(body: (release: DebianRelease) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(DEBIAN_RELEASES.map(body));
  const failures = results.flatMap((result, index) =>
    result.status === "rejected"
      ? [new Error(`on ${DEBIAN_RELEASES[index]?.title}: ${result.reason}`, { cause: result.reason })]
      : [],
  );
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ message }) => message).join("\n"));
  }
}
