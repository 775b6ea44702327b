import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { onEachRelease } from "../support/debian-release.ts";
import { CONFIG } from "../support/executor-host.ts";
import { haveMachines } from "../support/hosts.ts";
import type { Machine } from "../support/machine.ts";
import { ManagedNodes, withAnvil } from "../support/managed-nodes.ts";

const CALLS = "/var/lib/novacula/systemctl-calls";
/** Notes each call that is not root's. */
const COUNTING = `#!/bin/sh
[ "$(id -u)" = 0 ] || echo "$*" >>${CALLS}
exec /usr/bin/systemctl.real "$@"
`;
const FIRST_PORT = 8545;
/** The first turns ask often; the next question is due a minute after the last one of theirs, ms. */
const SETTLED_MS = 5000;
const LAST_MS = 15_000;
vi.setConfig({ testTimeout: 300_000 });

describe.skipIf(!haveMachines)("an agent at rest on each Debian", () => {
  it("does not ask systemd about five nodes in each turn, and hears at once that one has ended", () =>
    onEachRelease(async (release) => {
      const { host } = await ManagedNodes.ready(release, withAnvil());
      const { machine } = host;
      const config = await machine.run(["cat", CONFIG]);
      // A turn a second.
      await host.writeConfig(`${config}\n[reconciler]\ninterval_secs = 1\n`);
      const names = [0, 1, 2, 3, 4].map((number) => `dev-${number}`);
      for (const [number, name] of names.entries()) {
        await host.createAnvil(name, "--port", `node.rpc=${FIRST_PORT + number}`);
      }
      for (const name of names) {
        await host.untilRunning(name);
      }
      await machine.sh(
        "mv /usr/bin/systemctl /usr/bin/systemctl.real; cat >/usr/bin/systemctl; chmod 755 /usr/bin/systemctl",
        COUNTING,
      );
      const calls = async () =>
        Number(await machine.sh(`if [ -e ${CALLS} ]; then wc -l <${CALLS}; else echo 0; fi`));
      await eventually(
        async () => {
          const earlier = await calls();
          await pause(SETTLED_MS);
          return (await calls()) === earlier;
        },
        { timeoutMs: 60_000, describe: "the first turns are over" },
      );
      const before = await calls();
      await pause(LAST_MS);
      // One each minute.
      expect((await calls()) - before).toBeLessThanOrEqual(1);

      // Without a turn of its own for an hour, it hears of an end, and asks while systemd still knows how.
      await host.writeConfig(`${config}\n[reconciler]\ninterval_secs = 3600\n`);
      await machine.run(["novacula-agent", "reload", "--wait"]);
      const unit = "dev-ethereum-node@dev-3.service";
      const kill = () => machine.run(["systemctl", "kill", "--signal=KILL", unit]);
      for (const restarts of [1, 2]) {
        await kill();
        await eventually(async () => (await restartsOf(machine, unit)) === restarts, {
          timeoutMs: 60_000,
          describe: `${unit} runs again, restart ${restarts}`,
        });
      }
      await kill();
      // systemd waits longer each time: ten seconds now.
      const seen = await host.untilProblem("dev-3", "crash_loop");
      expect(seen.reason).toContain("signal 9");
      await host.untilRunning("dev-3");
      expect(await calls()).toBeGreaterThan(before);
    }));
});

/** By systemd; undefined unless the unit runs. */
async function restartsOf(machine: Machine, unit: string): Promise<number | undefined> {
  const shown = await machine.run(["systemctl", "show", unit, "--property=ActiveState,NRestarts"]);
  return shown.includes("ActiveState=active") ? Number(/NRestarts=(\d+)/u.exec(shown)?.[1]) : undefined;
}
