import { expect, it, vi } from "vitest";
import { seededRandom } from "../../../support/agent/simulation.ts";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { ManagedNodes } from "../support/managed-nodes.ts";

/**
 * SIGKILL to agent, control plane, hand and client at random moments of a node's life. `npm run
 * test:long -- kills` does more of it, with other seeds.
 */
const KILLS = Number(process.env["NOVACULA_KILLS"] ?? 4);
const SEED = Number(process.env["NOVACULA_SEED"] ?? 1);
const UNIT = "litecoin-node@ltc-1.service";
const DATA = "/var/lib/private/novacula-nodes/ltc-1/regtest";
/** PIDs, without those of a moment: an agent that has started asks each client for its version. */
const CLIENTS = "pgrep -ax litecoind | grep -v -e ' --version$' | cut -d ' ' -f 1";
/** A killed client waits longer before each start, so it is killed less often. */
const VICTIMS = ["agent", "control-plane", "hand", "agent", "client", "control-plane", "hand"] as const;
/** A hand that has ended before its kill does not count. */
const MOST_TRIES = KILLS * 3;
vi.setConfig({ testTimeout: 120_000 + KILLS * 90_000 });

it.skipIf(!haveMachines)(`comes together again after each of ${KILLS} kills`, async () => {
  // Batches of the long trial have seeds that are ten apart.
  const release = DEBIAN_RELEASES[Math.floor(SEED / 10) % DEBIAN_RELEASES.length] ?? DEBIAN_RELEASES[0];
  const { host } = await ManagedNodes.ready(release);
  await host.createLitecoin("ltc-1");
  await host.untilRunning("ltc-1");
  await host.mineLitecoin("ltc-1", 5);
  // Blocks that are not written yet are the client's to lose.
  await host.answeredNode("restart", "ltc-1");
  await host.untilRunning("ltc-1");
  const file = await host.machine.run(["stat", "-c", "%i", `${DATA}/blocks/blk00000.dat`]);
  const random = seededRandom(SEED);

  let kills = 0;
  for (let tried = 0; kills < KILLS && tried < MOST_TRIES; tried += 1) {
    const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? "agent";
    const before = (await host.pids([UNIT]))[0];
    // Without an order there is no hand.
    const order = victim === "hand" || random() < 0.5 ? "restart" : undefined;
    const ordered =
      order === undefined ? undefined : host.answeredNode(order, "ltc-1").catch(() => undefined);
    const waitSecs = victim === "hand" ? random() * 0.4 : random() * 1.5;
    const { exitCode } = await host.machine.try(["sh", "-c", KILL[victim], "sh", waitSecs.toFixed(3)]);
    kills += exitCode === 0 ? 1 : 0;
    await ordered;
    await host.untilState("online", 60_000);
    // An order that was given is carried out.
    await host.untilRunning("ltc-1");
    const what = `try ${tried + 1}, ${victim}`;
    // What the control plane shows may be older than the kill, so the host is asked.
    const running = await eventually(
      async () => {
        const found = (await host.machine.sh(CLIENTS)).split("\n");
        const [pid] = await host.pids([UNIT]);
        return found[0] === String(pid) && (await host.litecoinHeight("ltc-1")) === 5 && found;
      },
      { timeoutMs: 90_000, describe: `the client runs with its blocks after ${what}` },
    );
    expect(running, what).toHaveLength(1);
    if (order === undefined && victim !== "client") {
      expect(running, what).toEqual([String(before)]);
    }
    expect(await host.machine.run(["stat", "-c", "%i", `${DATA}/blocks/blk00000.dat`]), what).toBe(file);
  }
  expect(kills).toBe(KILLS);
});

/**
 * What kills, a time after the test has asked for it; it ends with 0 if there was something to
 * kill. The time of a hand, which lives for half a second, begins when it is there. Its pattern does
 * not match the shell that has it in its own arguments.
 */
const KILL = {
  agent: 'sleep "$1"; systemctl kill --signal=KILL novacula-agent.service',
  "control-plane": 'sleep "$1"; systemctl kill --signal=KILL novacula-control-plane.service',
  client: `sleep "$1"; systemctl kill --kill-whom=main --signal=KILL ${UNIT}`,
  hand: 'hand="/usr/lib/novacula/[n]ode-hand"; i=0; until pgrep -f "$hand" >/dev/null || [ $i -gt 100 ]; do sleep 0.05; i=$((i + 1)); done; sleep "$1"; pkill -KILL -f "$hand"',
} as const;
