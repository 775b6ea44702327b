import { expect, it } from "vitest";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const UNIT = "bitcoin-node@btc-1.service";
/** systemd's own limit for a unit that has none, which is 90 s on a host. */
const LIMIT_SECONDS = 3;
const LIMIT_FILE = "etc/systemd/system.conf.d/limit.conf";
const FLUSH_SECONDS = 3 * LIMIT_SECONDS;
const CLIENT = [
  `trap 'n=0; while [ $n -lt ${FLUSH_SECONDS} ]; do sleep 1; n=$((n + 1)); done; echo flushed >$HOME/done; exit 0' TERM`,
  "while :; do sleep 1; done",
].join("; ");

/** Its only limit is systemd's. */
const OTHER = "sleeper.service";
const OTHER_CLIENT = ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"];

const [release] = DEBIAN_RELEASES;

it.skipIf(!haveMachines)(
  "a node that needs longer to stop than systemd's usual limit is not killed",
  async () => {
    const files = { [LIMIT_FILE]: `[Manager]\nDefaultTimeoutStopSec=${LIMIT_SECONDS}s\n` };
    const host = await NodeHost.boot(release, { files });
    const { machine } = host;
    await machine.run(["systemd-run", "--quiet", `--unit=${OTHER}`, ...OTHER_CLIENT]);
    await machine.run(["systemctl", "stop", OTHER]);
    expect(await host.property(OTHER, "Result")).toBe("timeout");

    await host.start(UNIT, ["/bin/sh", "-c", CLIENT]);
    expect(await host.property(UNIT, "TimeoutStopUSec")).toBe("10min");
    await host.order(`stop ${UNIT}`);
    await host.untilState(UNIT, "inactive", 60_000);
    expect(await machine.run(["cat", "/var/lib/private/novacula-nodes/btc-1/done"])).toBe("flushed");
    const journal = await host.journal(`-u ${UNIT}`);
    expect(journal.filter((line) => /kill/iu.test(line))).toEqual([]);
  },
);
