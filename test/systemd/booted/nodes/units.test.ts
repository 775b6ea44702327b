import { describe, expect, it } from "vitest";
import { nodeFiles, PACKAGED_NODES } from "../../../../src/agent/systemd/node-files.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { bootInstalled, haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const UNIT = "bitcoin-node@btc-1.service";
const UNITS = nodeFiles(PACKAGED_NODES)
  .map(({ path }) => path.slice(path.lastIndexOf("/") + 1))
  .filter((name) => /\.(?:service|socket|target)$/u.test(name))
  .map((name) => name.replace("@.", "@one."));

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the units of nodes on $title", (release) => {
  it("verify: there is nothing to say about any of them", async () => {
    const machine = await bootInstalled(release);
    for (const unit of UNITS) {
      const { stdout, stderr } = await machine.try(["systemd-analyze", "verify", unit]);
      const lines = `${stdout}${stderr}`.split("\n").filter((line) => /node|novacula/u.test(line));
      // The manual page is there, but a minimal root has no man to look for it.
      expect(lines.filter((line) => !line.includes("Command 'man "))).toEqual([]);
    }
  });

  it("a node that runs is exposed to 1.3 at most, and the hand to 0.8", async () => {
    const host = await NodeHost.boot(release);
    await host.start(UNIT, ["/usr/bin/sleep", "infinity"]);
    for (const [unit, threshold] of [
      [UNIT, 13],
      ["novacula-nodes@one.service", 8],
    ] as const) {
      const args = ["security", `--threshold=${threshold}`, "--no-pager", unit];
      const { exitCode, stdout } = await host.machine.try(["systemd-analyze", ...args]);
      expect(exitCode, stdout).toBe(0);
    }
  });

  it("stopping the target stops all nodes, and starting it starts those that are to run", async () => {
    const host = await NodeHost.boot(release);
    const other = "ethereum-el@eth-1.service";
    await host.start(UNIT, ["/usr/bin/sleep", "infinity"]);
    await host.start(other, ["/usr/bin/sleep", "infinity"]);
    await host.order(`stop ${other}`);
    await host.untilState(other, "inactive");
    await host.machine.run(["systemctl", "stop", "novacula-nodes.target"]);
    await host.untilState(UNIT, "inactive");
    await host.machine.run(["systemctl", "start", "novacula-nodes.target"]);
    await host.untilActive(UNIT);
    expect(await host.state(other)).toBe("inactive");
  });
});
