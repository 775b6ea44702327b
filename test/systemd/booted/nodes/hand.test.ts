import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const SLEEP = ["/usr/bin/sleep", "infinity"];
const UNIT = "bitcoin-node@btc-1.service";

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the hand on $title", (release) => {
  it("runs, restarts and stops a node, now and at boot", async () => {
    const host = await NodeHost.boot(release);
    const first = await host.start(UNIT, SLEEP);
    expect(await host.isEnabled(UNIT)).toBe(true);
    expect(await host.property(UNIT, "User")).toBe("nvn-btc-1");
    await host.order(`run ${UNIT}`);
    expect(await host.pid(UNIT)).toBe(first);

    await host.order(`restart ${UNIT}`);
    await eventually(
      async () => ![0, first].includes(await host.pid(UNIT)) && (await host.state(UNIT)) === "active",
      { timeoutMs: 30_000, describe: "another process runs" },
    );
    await host.order(`stop ${UNIT}`);
    await host.untilState(UNIT, "inactive");
    expect(await host.isEnabled(UNIT)).toBe(false);
    await host.order(`stop ${UNIT}`);
    expect(await host.ask(`restart ${UNIT}`)).toEqual(["error it is not to run"]);
    expect(await host.state(UNIT)).toBe("inactive");
  });

  it("limits a node at once and across a restart, and takes the limits back", async () => {
    const host = await NodeHost.boot(release);
    const limits = ["MemoryHigh", "MemoryMax", "CPUQuotaPerSecUSec", "IOWeight"];
    const shown = async () =>
      (await host.machine.run(["systemctl", "show", UNIT, `--property=${limits.join(",")}`]))
        .split("\n")
        .sort();
    await host.order(`limit ${UNIT} MemoryHigh=1073741824 MemoryMax=2147483648 CPUQuota=150 IOWeight=50`);
    await host.start(UNIT, SLEEP);
    expect(await shown()).toEqual([
      "CPUQuotaPerSecUSec=1.500000s",
      "IOWeight=50",
      "MemoryHigh=1073741824",
      "MemoryMax=2147483648",
    ]);
    await host.order(`limit ${UNIT} MemoryHigh=none MemoryMax=none CPUQuota=none IOWeight=none`);
    expect(await shown()).toEqual([
      "CPUQuotaPerSecUSec=infinity",
      "IOWeight=[not set]",
      "MemoryHigh=infinity",
      "MemoryMax=infinity",
    ]);
  });

  it("deletes data only of a node that is stopped, confirmed, and four times an hour", async () => {
    const host = await NodeHost.boot(release);
    const { machine } = host;
    const [el, cl] = ["ethereum-el@eth-1.service", "ethereum-cl@eth-1.service"];
    const data = "/var/lib/private/novacula-nodes";
    for (const unit of [UNIT, el, cl]) {
      await host.start(unit, SLEEP);
    }
    await machine.sh(`echo block > ${data}/eth-1/block; echo block > ${data}/btc-1/block`);
    await host.order(`stop ${el}`);
    await host.untilState(el, "inactive");
    expect(await host.ask(`delete ${el} data=eth-1`)).toEqual([`error ${cl} is not stopped`]);
    await host.order(`limit ${cl} IOWeight=50`);
    await host.order(`stop ${cl}`);
    await host.untilState(cl, "inactive");
    expect(await host.ask(`delete ${el}`)).toEqual(["error delete must be confirmed with data=NODE"]);
    expect(await host.ask(`delete ${el} data=btc-1`)).toEqual([
      "error delete must be confirmed with data=NODE",
    ]);
    await machine.sh(`test -e ${data}/eth-1/block`);

    await host.order(`delete ${el} data=eth-1`);
    await machine.sh(
      `! test -e ${data}/eth-1 && ! test -e /var/lib/novacula-nodes/eth-1 && test -e ${data}/btc-1/block`,
    );
    await machine.sh("! test -e /etc/systemd/system.control/ethereum-cl@eth-1.service.d");
    for (let count = 2; count <= 4; count += 1) {
      await host.order(`delete ${el} data=eth-1`);
    }
    const fifth = await host.ask(`delete ${el} data=eth-1`);
    expect(fifth).toEqual(["error 4 deletions within an hour at most"]);
    await machine.sh(`test -e ${data}/btc-1/block`);
    const journal = await host.journal("-t novacula-nodes");
    expect(journal.filter((line) => line === "deleting the data of node eth-1")).toHaveLength(4);
  });

  it("gives the last lines of a node's journal, and of nothing else", async () => {
    const host = await NodeHost.boot(release);
    await host.start(UNIT, [
      "/bin/sh",
      "-c",
      "for i in 1 2 3 4 5; do echo line $i; done; exec sleep infinity",
    ]);
    const lines = await eventually(
      async () => {
        const answer = await host.ask(`logs ${UNIT} 3`);
        return answer.some((line) => line.includes('"line 5"')) ? answer : undefined;
      },
      { timeoutMs: 30_000, describe: "the lines are in the journal" },
    );
    expect(lines.at(-1)).toBe("ok");
    expect(lines).toHaveLength(4);
    for (const request of [
      "logs novacula-agent.service 3",
      `logs ${UNIT} 1001`,
      `logs ${UNIT} -3`,
      `logs ${UNIT}`,
    ]) {
      expect((await host.ask(request)).at(-1)).toMatch(/^error /u);
    }
  });
});
