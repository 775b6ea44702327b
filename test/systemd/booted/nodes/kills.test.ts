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
/** A killed client waits longer before each start, so it is killed less often. */
const VICTIMS = ["agent", "control-plane", "hand", "agent", "client", "control-plane", "hand"] as const;
vi.setConfig({ testTimeout: 120_000 + KILLS * 90_000 });

it.skipIf(!haveMachines)(`comes together again after each of ${KILLS} kills`, async () => {
  const [release] = DEBIAN_RELEASES;
  const { host } = await ManagedNodes.ready(release);
  await host.createLitecoin("ltc-1");
  await host.untilRunning("ltc-1");
  await host.mineLitecoin("ltc-1", 5);
  // Blocks that are not written yet are the client's to lose.
  await host.answeredNode("restart", "ltc-1");
  await host.untilRunning("ltc-1");
  const file = await host.machine.run(["stat", "-c", "%i", `${DATA}/blocks/blk00000.dat`]);
  const random = seededRandom(SEED);

  for (let kill = 0; kill < KILLS; kill += 1) {
    const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? "agent";
    const before = (await host.pids([UNIT]))[0];
    const order = random() < 0.5 ? "restart" : undefined;
    const ordered =
      order === undefined ? undefined : host.answeredNode(order, "ltc-1").catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, random() * 1500));
    await host.machine.try(["sh", "-c", KILL[victim]]);
    await ordered;
    await host.untilState("online", 60_000);
    // An order that was given is carried out.
    await host.untilRunning("ltc-1");
    const what = `kill ${kill + 1}, ${victim}`;
    // What the control plane shows may be older than the kill, so the host is asked.
    const running = await eventually(
      async () => {
        const found = (await host.machine.sh("pgrep -x litecoind || true")).split("\n");
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
});

/** A hand lives for half a second, so it is looked for until there is one, or for a moment. */
const KILL = {
  agent: "systemctl kill --signal=KILL novacula-agent.service",
  "control-plane": "systemctl kill --signal=KILL novacula-control-plane.service",
  client: `systemctl kill --kill-whom=main --signal=KILL ${UNIT}`,
  hand: "for i in 1 2 3 4 5 6 7 8 9 10; do pkill -KILL -f /usr/lib/novacula/node-hand && break; sleep 0.1; done",
} as const;
