import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { bootInstalled, haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const SLEEP = ["/usr/bin/sleep", "infinity"];
const UNIT = "bitcoin-node@btc-1.service";
/** Lines: many times what 30 s may have. */
const FLOOD = 200_000;

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("a node on $title", (release) => {
  it("that dies at once is started again later each time, for ever, and anew when somebody asks", async () => {
    const host = await NodeHost.boot(release);
    await host.write("btc-1", "node", ["/bin/false"]);
    await host.order(`run ${UNIT}`);
    const pauses = async () =>
      (await host.journal(`-u ${UNIT}`))
        .filter((line) => line.startsWith("died "))
        .map((line) => line.slice(-12));
    const some = async (count: number) =>
      await eventually(async () => ((await pauses()).length >= count ? await pauses() : undefined), {
        timeoutMs: 50_000,
        describe: `${count} pauses`,
      });
    expect(await some(3)).toEqual(["waiting 2 s", "waiting 4 s", "waiting 8 s"].map((line) => ` ${line}`));
    expect(await host.property(UNIT, "StartLimitIntervalUSec")).toBe("0");
    expect(await host.property(UNIT, "NRestarts")).toBe("3");

    await host.order(`stop ${UNIT}`);
    await host.untilState(UNIT, "inactive");
    await host.order(`run ${UNIT}`);
    expect((await some(4))[3]).toBe(" waiting 2 s");
  }, 120_000);

  it("that is killed runs again, and keeps its data", async () => {
    const host = await NodeHost.boot(release);
    const first = await host.start(UNIT, SLEEP);
    await host.machine.sh(`echo block > /var/lib/private/novacula-nodes/btc-1/block; kill -KILL ${first}`);
    await eventually(async () => ![0, first].includes(await host.pid(UNIT)), {
      timeoutMs: 30_000,
      describe: "another process runs",
    });
    await host.untilState(UNIT, "active");
    expect(await host.property(UNIT, "NRestarts")).toBe("1");
    await host.machine.sh("test -e /var/lib/private/novacula-nodes/btc-1/block");
  });

  it("that writes lines without end fills no journal", async () => {
    const host = await NodeHost.boot(release);
    const flood = `yes "a line of a client" | head -n ${FLOOD}; echo "it is over"; exec sleep infinity`;
    await host.start(UNIT, ["/bin/sh", "-c", flood]);
    const other = "litecoin-node@ltc-1.service";
    await eventually(async () => (await host.machine.sh("pgrep -x yes || true")) === "", {
      timeoutMs: 60_000,
      describe: "everything is written",
    });
    // Its limit is its own: another node is heard.
    await host.start(other, ["/bin/sh", "-c", "echo heard; exec sleep infinity"]);
    await eventually(async () => (await host.journal(`-u ${other}`)).includes("heard"), {
      timeoutMs: 30_000,
      describe: "the other node is heard",
    });
    const kept = (await host.journal(`-u ${UNIT}`)).filter((line) => line === "a line of a client");
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(FLOOD / 4);
  }, 120_000);

  it("without an argument list stays inactive, and nothing fails", async () => {
    const host = await NodeHost.boot(release);
    await host.order(`run ${UNIT}`);
    await eventually(async () => (await host.property(UNIT, "ConditionResult")) === "no", {
      timeoutMs: 30_000,
      describe: "the condition was looked at",
    });
    expect(await host.state(UNIT)).toBe("inactive");
    expect(await host.machine.run(["systemctl", "--failed", "--no-legend"])).toBe("");
  });

  it("is back after a reboot without the agent and without its key", async () => {
    const host = new NodeHost(await bootInstalled(release));
    await host.start(UNIT, SLEEP);
    await host.start("litecoin-node@ltc-1.service", SLEEP);
    await host.order("stop litecoin-node@ltc-1.service");
    await host.machine.sh(
      "systemctl disable --now novacula-agent novacula-control-plane; rm -r /etc/novacula",
    );
    await host.machine.reboot();
    await host.untilActive(UNIT);
    expect(await host.state("litecoin-node@ltc-1.service")).toBe("inactive");
    expect(await host.machine.try(["systemctl", "is-active", "novacula-agent"])).toMatchObject({
      stdout: "inactive\n",
    });
  });

  it("keeps its data on the disk that is mounted for it", async () => {
    const host = await NodeHost.boot(release);
    const disk = "/var/lib/private/novacula-nodes";
    await host.machine.sh(`mkdir -p -m 0700 /var/lib/private; mkdir ${disk}; mount -t tmpfs disk ${disk}`);
    await host.start(UNIT, ["/bin/sh", "-c", "echo block >$HOME/block; exec sleep infinity"]);
    await eventually(
      async () => (await host.machine.try(["test", "-s", `${disk}/btc-1/block`])).exitCode === 0,
      {
        timeoutMs: 30_000,
        describe: "the block is written",
      },
    );
    expect(await host.machine.run(["stat", "-f", "-c", "%T", `${disk}/btc-1/block`])).toBe("tmpfs");
    await host.order(`stop ${UNIT}`);
    await host.untilState(UNIT, "inactive");
    await host.order(`delete ${UNIT} data=btc-1`);
    await host.machine.sh(`! test -e ${disk}/btc-1`);
  });

  it("runs the real litecoind and the real monerod in its cage", async () => {
    const host = await NodeHost.boot(release);
    const data = "/var/lib/novacula-nodes";
    const litecoin = "litecoin-node@ltc-1.service";
    const monero = "monero-node@xmr-1.service";
    await host.start(litecoin, [
      ...["/usr/bin/litecoind", "-regtest", `-datadir=${data}/ltc-1`, "-printtoconsole", "-nodebuglogfile"],
    ]);
    await host.start(monero, [
      ...["/usr/bin/monerod", "--regtest", "--offline", `--data-dir=${data}/xmr-1`, "--non-interactive"],
      "--fixed-difficulty=1",
    ]);
    for (const [port, unit] of [
      ["19443", litecoin],
      ["18081", monero],
    ] as const) {
      const listening = `perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new("127.0.0.1:${port}") ? 0 : 1)'`;
      await eventually(async () => (await host.machine.try(["sh", "-c", listening])).exitCode === 0, {
        timeoutMs: 50_000,
        describe: `${unit} answers on ${port}`,
      });
      expect(await host.property(unit, "NRestarts")).toBe("0");
      await host.order(`stop ${unit}`);
      await host.untilState(unit, "inactive", 50_000);
      expect(await host.property(unit, "Result")).toBe("success");
    }
  }, 180_000);
});
