import { copyFileSync } from "node:fs";
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { CONFIG } from "../support/executor-host.ts";
import { haveMachines, suiteRoots } from "../support/hosts.ts";
import { ManagedNodes, withAnvil } from "../support/managed-nodes.ts";

const UNITS = ["litecoin-node@ltc-1.service", "dev-ethereum-node@dev-1.service"];
const BLOCKS = "/var/lib/private/novacula-nodes/ltc-1/regtest/blocks/blk00000.dat";
const APT = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes"];
/** Asks Anvil, which has no command-line client, from this machine. */
const HEIGHT = `fetch("http://127.0.0.1:8545", { method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] }) })
  .then((answer) => answer.json()).then(({ result }) => console.log(Number(result)))`;
/** A height travels within a minute, and there are several. */
vi.setConfig({ testTimeout: 600_000 });

class PackagedNodes extends ManagedNodes {
  /** The names of its archives, in `/srv`. */
  put(...names: readonly (keyof ReturnType<typeof suiteRoots>["archives"])[]): readonly string[] {
    return names.map((name) => {
      const path = `/srv/${name}-${basename(suiteRoots().archives[name])}`;
      copyFileSync(suiteRoots().archives[name], this.machine.path(path));
      return path;
    });
  }

  async apt(...args: readonly string[]): Promise<void> {
    await this.machine.run([...APT, ...args]);
  }

  async anvilHeight(): Promise<number> {
    return Number(await text(this.machine.spawnInNetwork([process.execPath, "-e", HEIGHT]).stdout));
  }

  /** What must stay as it is: processes, starts, files, and what the control plane ordered. */
  async kept() {
    const starts = (await this.journal()).filter((line) => /^node\.(?:re)?started: /u.test(line));
    const ids = UNITS.map((unit) => this.machine.run(["systemctl", "show", unit, "-PInvocationID"]));
    const orders = (await this.nodes()).map(({ name, revision, desiredState }) => ({
      name,
      revision,
      desiredState,
    }));
    const file = await this.machine.run(["stat", "-c", "%i", BLOCKS]);
    return { pids: await this.pids(UNITS), ids: await Promise.all(ids), starts: starts.length, file, orders };
  }

  /** The chains grow, whether or not there is an agent. Resolves with the height of Litecoin. */
  async untilGrown(): Promise<number> {
    const [litecoin, anvil] = [await this.litecoinHeight("ltc-1"), await this.anvilHeight()];
    await this.mineLitecoin("ltc-1", 1);
    await eventually(async () => (await this.anvilHeight()) > anvil, { describe: "Anvil has more blocks" });
    expect(await this.litecoinHeight("ltc-1")).toBe(litecoin + 1);
    return litecoin + 1;
  }

  /**
   * The agent has taken its nodes over: it reports them, and the height that Litecoin has since
   * before this agent started. (A height that is newer than the agent would travel once a minute.)
   */
  async untilTakenOver(height: number): Promise<void> {
    await this.untilState("online", 60_000);
    for (const name of ["ltc-1", "dev-1"]) {
      await this.untilRunning(name);
    }
    await this.untilHeight("ltc-1", height);
  }
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the agent's package on $title", (release) => {
  it("leaves the nodes alone when it is upgraded, removed or purged, and takes them over again", async () => {
    const { host: plain } = await ManagedNodes.ready(release, withAnvil());
    const host = new PackagedNodes(plain.machine, release);
    const { machine } = host;
    await host.createLitecoin("ltc-1");
    await host.createAnvil("dev-1", "--set", "node.block-time=1");
    await host.untilRunning("ltc-1");
    await host.untilRunning("dev-1");
    // As after an installation from a repository.
    await machine.run(["apt-mark", "auto", "novacula-nodes"]);
    const before = await host.kept();
    expect(before).toMatchObject({ starts: 2, orders: [{ revision: 1 }, { revision: 1 }] });

    const upgradedAt = await host.untilGrown();
    await machine.run(["dpkg", "--install", ...host.put("newer", "newerNodes")]);
    await host.untilTakenOver(upgradedAt);
    expect(await host.kept()).toEqual(before);

    await host.apt("remove", "novacula-agent");
    await host.apt("autoremove");
    const removedAt = await host.untilGrown();
    expect(await host.kept()).toEqual(before);
    await host.apt("install", ...host.put("newer"));
    await host.untilTakenOver(removedAt);
    expect(await host.kept()).toEqual(before);

    const config = await machine.run(["cat", CONFIG]);
    await host.apt("purge", "novacula-agent");
    await host.apt("autoremove");
    await machine.sh(`! test -e ${CONFIG}`);
    const purgedAt = await host.untilGrown();
    expect(await host.kept()).toEqual(before);
    await host.apt("install", ...host.put("newer"));
    await host.writeConfig(`${config}\n`);
    await host.untilTakenOver(purgedAt);
    expect(await host.kept()).toEqual(before);
  });
});
