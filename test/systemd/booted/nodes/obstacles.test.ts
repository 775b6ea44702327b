import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { ManagedNodes, withAnvil } from "../support/managed-nodes.ts";

const ONE = "dev-ethereum-node@one.service";
/** Most of it is waiting for what the agent reports. */
vi.setConfig({ testTimeout: 600_000 });

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)(
  "what keeps a node from running on $title",
  (release) => {
    it("is named: a port in use, a full disk, a missing program; and the node starts once it is gone", async () => {
      const { host } = await ManagedNodes.ready(release, withAnvil());
      // Something else listens on the port, which the control plane cannot know.
      const squatter = host.machine.spawnInNetwork([
        process.execPath,
        "-e",
        'require("node:net").createServer().listen(8545, "127.0.0.1"); process.stdin.on("end", () => process.exit()).resume()',
      ]);
      await eventually(async () => (await host.machine.sh("cat /proc/net/tcp")).includes(":2161 "), {
        timeoutMs: 30_000,
        describe: "the port is in use",
      });
      await host.createAnvil("one");
      const taken = await host.untilProblem("one", "port_taken");
      expect(taken.reason).toContain("8545");
      expect(await host.unit(ONE)).toMatchObject({ active: "inactive", pid: 0 });
      await host.untilInJournal("8545");
      squatter.stdin.end();
      await host.untilRunning("one");
      const { pid } = await host.unit(ONE);

      // The data of nodes is on a disk of its own, which is too small.
      await host.machine.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", "/var/lib/private"]);
      await host.createAnvil("two", "--port", "node.rpc=8546");
      expect((await host.untilProblem("two", "disk_low")).reason).toContain("5.0 GiB");
      await host.untilInJournal("5.0 GiB");
      await host.machine.run(["umount", "/var/lib/private"]);
      await host.untilRunning("two");

      await host.createNode(
        "three",
        "dev-ethereum",
        "dev",
        "--client",
        "node=anvil@1.5.1",
        "--port",
        "node.rpc=8547",
      );
      const missing = await host.untilProblem("three", "binary_missing");
      expect(missing.reason).toContain("/usr/lib/novacula/clients/anvil/1.5.1/anvil");
      expect((await host.unit(ONE)).pid).toBe(pid);
      await host.untilInJournal("anvil 1.5.1");
    });

    it("is said at creation, every entry at once, and nothing is created", async () => {
      const { host } = await ManagedNodes.ready(release, withAnvil());
      await host.createAnvil("one");
      const wrong = ["--set", "node.rpc-url=http://x", "--set", "node.accounts=0", "--set", "node.nope=1"];
      const { stderr, exitCode } = await host.tryCreate("one", "dev-ethereum", "dev", ...wrong);
      expect(exitCode).toBe(1);
      for (const place of ["rpc-url", "accounts", "nope"]) {
        expect(stderr).toContain(place);
      }
      for (const [chain, network] of [
        ["dogecoin", "mainnet"],
        ["bitcoin", "moon"],
      ] as const) {
        expect((await host.tryCreate("two", chain, network)).exitCode, chain).toBe(1);
      }
      expect((await host.tryCreate("two", "dev-ethereum", "dev")).stderr).toContain("8545");
      expect((await host.tryCreate("../two", "dev-ethereum", "dev")).exitCode).toBe(1);
      expect((await host.nodes()).map(({ name }) => name)).toEqual(["one"]);
    });

    it("does not include a control plane that was restored from an old backup", async () => {
      const { host } = await ManagedNodes.ready(release, withAnvil());
      await host.createAnvil("one");
      await host.untilRunning("one");
      await host.machine.run(["novacula-control-plane", "backup", "/srv/old.db"]);
      await host.answeredNode("restart", "one");
      await host.createAnvil("two", "--port", "node.rpc=8546");
      await host.untilRunning("one");
      await host.untilRunning("two");
      const units = [ONE, "dev-ethereum-node@two.service"];
      const before = await host.pids(units);

      await host.machine.sh(`systemctl stop novacula-control-plane
      cd /var/lib/novacula-control-plane; rm control-plane.db-wal control-plane.db-shm || true
      cat /srv/old.db > control-plane.db; systemctl start novacula-control-plane`);
      await host.untilState("online", 60_000);
      await host.untilNode("one", "the old order is shown", ({ revision }) => revision === 1);
      await host.untilInJournal("older backup");
      expect(await host.pids(units)).toEqual(before);

      // The next order counts again, and the node that the backup does not have goes on.
      await host.answeredNode("restart", "one");
      await eventually(async () => (await host.pids([ONE]))[0] !== before[0], {
        timeoutMs: 60_000,
        describe: "the order is carried out",
      });
      expect((await host.pids(units))[1]).toBe(before[1]);
      await host.untilInJournal("nodes forget two");
    });
  },
);
