import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { ManagedNodes, withAnvil } from "../support/managed-nodes.ts";

const LITECOIN = "litecoin-node@ltc-1.service";
const DATA = "/var/lib/private/novacula-nodes";
/** A height travels within a minute, and there are several. */
vi.setConfig({ testTimeout: 600_000 });

/** Restarts, stops, starts and deletes a node that runs, and looks at its unit each time. */
async function live(host: ManagedNodes, name: string, unit: string): Promise<void> {
  await host.untilRunning(name);
  const first = await host.unit(unit);
  expect(first, name).toMatchObject({ active: "active", enabled: "enabled" });
  await host.answeredNode("restart", name, "--wait");
  const second = await host.unit(unit);
  expect(second, name).toMatchObject({ active: "active", enabled: "enabled" });
  expect(second.pid, name).not.toBe(first.pid);
  await host.answeredNode("stop", name, "--wait");
  expect(await host.unit(unit), name).toMatchObject({ active: "inactive", enabled: "disabled", pid: 0 });
  await host.answeredNode("start", name, "--wait");
  expect(await host.unit(unit), name).toMatchObject({ active: "active", enabled: "enabled" });
  await host.machine.run(["test", "-d", `${DATA}/${name}`]);
  await host.management("nodes", "delete", name, "--confirm", name, "--delete-data", "--wait");
  expect(await host.unit(unit), name).toMatchObject({ active: "inactive", pid: 0 });
  await host.machine.sh(`! test -e ${DATA}/${name} && ! test -e /var/lib/novacula/nodes/${name}`);
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("nodes of other chains on $title", (release) => {
  it("live from their creation to their deletion beside each other", async () => {
    const { host } = await ManagedNodes.ready(release, withAnvil());
    await host.createNode("xmr-1", "monero", "regtest", "--client", `node=monerod@${release.monerod}`);
    await host.createAnvil("dev-1");
    await Promise.all([
      live(host, "xmr-1", "monero-node@xmr-1.service"),
      live(host, "dev-1", "dev-ethereum-node@dev-1.service"),
    ]);
    expect(await host.nodes()).toEqual([]);
  });
});

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("a litecoin node on $title", (release) => {
  it("is created, restarted, stopped, started and deleted, and keeps its blocks until then", async () => {
    const { host } = await ManagedNodes.ready(release);
    await host.createLitecoin("ltc-1");
    await host.untilRunning("ltc-1");
    const first = await host.unit(LITECOIN);
    expect(first).toMatchObject({ active: "active", enabled: "enabled" });
    await host.mineLitecoin("ltc-1", 5);

    await host.answeredNode("restart", "ltc-1");
    await eventually(
      async () => {
        const unit = await host.unit(LITECOIN);
        return unit.active === "active" && unit.pid !== first.pid && unit;
      },
      { timeoutMs: 60_000, describe: "another process runs" },
    );
    await host.untilRunning("ltc-1");
    await host.untilHeight("ltc-1", 5);

    await host.answeredNode("stop", "ltc-1");
    await host.untilNode("ltc-1", "it is stopped", ({ phase }) => phase === "stopped");
    expect(await host.unit(LITECOIN)).toMatchObject({ active: "inactive", enabled: "disabled", pid: 0 });
    await host.answeredNode("start", "ltc-1");
    await host.untilRunning("ltc-1");
    await host.untilHeight("ltc-1", 5);

    await host.management("nodes", "delete", "ltc-1", "--confirm", "ltc-1", "--delete-data");
    await eventually(async () => (await host.nodes()).length === 0, {
      timeoutMs: 60_000,
      describe: "the control plane has forgotten it",
    });
    expect(await host.unit(LITECOIN)).toMatchObject({ active: "inactive", pid: 0 });
    expect((await host.machine.try(["test", "-e", "/var/lib/private/novacula-nodes/ltc-1"])).exitCode).toBe(
      1,
    );
    expect((await host.machine.try(["test", "-e", "/var/lib/novacula/nodes/ltc-1"])).exitCode).toBe(1);
  });

  it("keeps its process through every way to rotate the key, and while no key works", async () => {
    const { host, key } = await ManagedNodes.ready(release);
    await host.createLitecoin("ltc-1");
    await host.untilRunning("ltc-1");
    const { pid } = await host.unit(LITECOIN);

    const parallel = await host.createKey("parallel");
    await host.configure(parallel.secret);
    await host.untilOnline(parallel);
    await host.revokeKey(key);
    const rotated = await host.rotateKey(parallel);
    await host.untilState("key-refused", 30_000);
    await host.configure(rotated.secret);
    await host.untilOnline(rotated);
    await host.configure("exc_...");
    await host.until((status) => status.pendingChange !== null, "the damaged key is named");
    await host.revokeKey(rotated);
    await host.untilState("key-refused", 30_000);
    await host.machine.run(["systemctl", "restart", "novacula-agent"]);
    const last = await host.createKey("last");
    await host.configure(last.secret);
    await host.untilOnline(last, 30_000);
    await host.untilRunning("ltc-1");
    expect((await host.unit(LITECOIN)).pid).toBe(pid);
  });
});
