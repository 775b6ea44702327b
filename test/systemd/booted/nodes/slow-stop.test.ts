import { expect, it } from "vitest";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { bootInstalled, haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const UNIT = "bitcoin-node@btc-1.service";
/** Longer than systemd's own limit of 90 s. */
const FLUSH_SECONDS = 95;
const CLIENT = [
  `trap 'n=0; while [ $n -lt ${FLUSH_SECONDS} ]; do sleep 1; n=$((n + 1)); done; echo flushed >$HOME/done; exit 0' TERM`,
  "while :; do sleep 1; done",
].join("; ");

const [release] = DEBIAN_RELEASES;

it.skipIf(!haveMachines)(
  "a node that needs longer than systemd's usual 90 s to stop is not killed",
  async () => {
    const host = new NodeHost(await bootInstalled(release));
    await host.start(UNIT, ["/bin/sh", "-c", CLIENT]);
    await host.order(`stop ${UNIT}`);
    await host.untilState(UNIT, "inactive", 200_000);
    expect(await host.machine.run(["cat", "/var/lib/private/novacula-nodes/btc-1/done"])).toBe("flushed");
    const journal = await host.journal(`-u ${UNIT}`);
    expect(journal.filter((line) => /kill/iu.test(line))).toEqual([]);
  },
  300_000,
);
