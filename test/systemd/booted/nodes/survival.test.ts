import { describe, expect, it, vi } from "vitest";
import { onEachRelease } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { ManagedNodes, withAnvil } from "../support/managed-nodes.ts";

const UNITS = ["litecoin-node@ltc-1.service", "monero-node@xmr-1.service", "dev-ethereum-node@dev-1.service"];
/** A height travels within a minute. */
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(!haveMachines)("three chains on one host with each Debian", () => {
  it("run beside each other, and come back after a reboot without agent and control plane", () =>
    onEachRelease(async (release) => {
      const { host } = await ManagedNodes.ready(release, withAnvil());
      await host.createLitecoin("ltc-1");
      await host.createNode("xmr-1", "monero", "regtest", "--client", `node=monerod@${release.monerod}`);
      await host.createAnvil("dev-1", "--set", "node.block-time=1");
      for (const name of ["ltc-1", "xmr-1", "dev-1"]) {
        await host.untilRunning(name);
      }
      const before = heightOf(await host.untilRunning("dev-1"));
      await host.mineLitecoin("ltc-1", 3);
      // A height travels once a minute. The other chain grows by itself.
      await Promise.all([
        host.untilHeight("ltc-1", 3),
        host.untilNode("dev-1", "dev-1 has grown", (seen) => heightOf(seen) > before, 150_000),
      ]);

      await host.machine.run(["systemctl", "disable", "novacula-agent", "novacula-control-plane"]);
      await host.machine.reboot();
      for (const unit of UNITS) {
        await host.untilActive(unit);
      }
      for (const service of ["novacula-agent", "novacula-control-plane"]) {
        expect((await host.machine.try(["systemctl", "is-active", service])).stdout.trim()).toBe("inactive");
      }
      const pids = await host.pids(UNITS);

      await host.machine.run(["systemctl", "start", "novacula-control-plane", "novacula-agent"]);
      for (const name of ["ltc-1", "xmr-1", "dev-1"]) {
        await host.untilRunning(name);
      }
      await host.untilHeight("ltc-1", 3);
      await host.machine.run(["systemctl", "restart", "novacula-agent"]);
      await host.untilState("online", 30_000);
      await host.machine.run(["systemctl", "stop", "novacula-agent"]);
      expect(await host.pids(UNITS)).toEqual(pids);
    }));
});

function heightOf({ observed }: Awaited<ReturnType<ManagedNodes["untilRunning"]>>): number {
  return observed?.processes[0]?.height ?? 0;
}
