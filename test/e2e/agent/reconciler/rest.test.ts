import { symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ModelHost } from "../../../support/agent/node-host.ts";
import { makeSpec } from "../../../support/agent/nodes.ts";
import { eventually } from "../../../support/eventually.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

const UNIT = "litecoin-node@a.service";

/** A host whose node runs and has answered, and where the kernel shows its processes. */
async function hostAtRest(): Promise<ModelHost> {
  const folder = temporaryDirectory();
  const host = new ModelHost(folder);
  onTestFinished(async () => {
    await host.stop();
    folder.remove();
  });
  host.showsProcesses = true;
  host.start();
  await host.sync([makeSpec("a")]);
  await host.untilRunning("a");
  await untilAtRest(host);
  return host;
}

/** Several turns have passed in which systemd was not asked. */
async function untilAtRest(host: ModelHost): Promise<void> {
  await eventually(
    async () => {
      const { asks } = host;
      await host.rest();
      return host.asks === asks;
    },
    { describe: "systemd is no longer asked" },
  );
}

it("asks neither systemd nor the process, turn after turn", async () => {
  const host = await hostAtRest();
  const { asks, probes } = host;
  await host.rest();
  await host.rest();
  expect({ asks: host.asks, probes: host.probes }).toEqual({ asks, probes });
  expect(host.requests).toEqual([`run ${UNIT}`]);
});

it("ends when somebody changes which units start at boot", async () => {
  const host = await hostAtRest();
  symlinkSync("/dev/null", join(host.places.wantsDir, "litecoin-node@unknown.service"));
  await eventually(() => host.said.some(({ event }) => event === "nodes.unknown-units"), {
    describe: "the unknown unit is named",
  });
  await untilAtRest(host);
  unlinkSync(join(host.places.wantsDir, UNIT));
  await eventually(() => host.requests.length > 1, { describe: "the unit is enabled again" });
  await untilAtRest(host);
});

it("ends when another process runs, and an order is carried out", async () => {
  const host = await hostAtRest();
  const unit = host.unit(UNIT);
  unit.restarts = 1;
  unit.starts += 1;
  host.showProcesses(UNIT);
  await host.until("a", "the restart is reported", ({ processes }) => processes[0]?.restarts === 1);
  await untilAtRest(host);
  await host.sync([makeSpec("a", { revision: 2, desiredState: "stopped" })]);
  await host.until("a", "it is stopped", ({ processes }) => processes[0]?.status === "stopped");
  expect(host.requests.at(-1)).toBe(`stop ${UNIT}`);
  await untilAtRest(host);
  await host.sync([makeSpec("a", { revision: 3 })]);
  await host.untilRunning("a");
});

it("ends when the process has ended", async () => {
  const host = await hostAtRest();
  host.unit(UNIT).activeState = "failed";
  host.showProcesses(UNIT);
  // As the kernel does it with the last process of a group.
  writeFileSync(join(host.folder, "groups", UNIT, "cgroup.procs"), "");
  await eventually(() => host.requests.length > 1, { describe: "it is started again" });
  await host.untilRunning("a");
});

it("is not there while a process does not answer", async () => {
  const host = await hostAtRest();
  host.answersProbes = false;
  const unit = host.unit(UNIT);
  unit.starts += 1;
  host.showProcesses(UNIT);
  await host.until("a", "it starts again", ({ processes }) => processes[0]?.status === "starting");
  const { probes } = host;
  await eventually(() => host.probes > probes + 2, { describe: "it is asked again and again" });
  host.answersProbes = true;
  await host.untilRunning("a");
});
