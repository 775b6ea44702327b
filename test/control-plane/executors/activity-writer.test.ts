import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { createActivityWriter } from "../../../src/control-plane/executors/activity-writer.ts";
import type { Activity, NodesReported } from "../../../src/control-plane/store/contract/activity.ts";
import type { ObservedNode } from "../../../src/protocol/nodes/observed-node.ts";
import { startServer } from "../../support/control-plane/control-plane-server.ts";
import { observed } from "../../support/control-plane/node-executor.ts";
import { eventually } from "../../support/eventually.ts";

const REPORT: NodesReported = {
  kind: "nodes-reported",
  executorId: "e",
  seen: 1,
  capabilitiesHash: "one",
  capabilities: null,
  observed: new Map(),
  isWhole: false,
  at: 1,
};
const [one, two, three] = ["1", "2", "3"].map((id) => observed({ id, name: `n-${id}`, revision: 1 }));

/** What is written of reports that come between two writes. */
async function mergedReports(...reports: readonly Partial<NodesReported>[]): Promise<readonly Activity[]> {
  const recorded: Activity[] = [];
  const recorder = { record: async (activities: readonly Activity[]) => void recorded.push(...activities) };
  const activityWriter = createActivityWriter(recorder, pino({ level: "silent" }));
  for (const report of reports) {
    activityWriter.note({ ...REPORT, ...report });
  }
  await activityWriter.stop();
  return recorded;
}

describe("reports about nodes", () => {
  const capabilities = { chains: [] };

  it("are merged: each has only what has changed", async () => {
    const observedOf = (...nodes: readonly (ObservedNode | undefined)[]) =>
      new Map(nodes.flatMap((node) => (node === undefined ? [] : [[node.id, node]])));
    const later = one && { ...one, diskFreeBytes: 1 };
    expect(
      await mergedReports(
        { capabilities, isWhole: true, observed: observedOf(one, two) },
        { seen: 2, observed: observedOf(later, three), at: 2 },
      ),
    ).toEqual([
      { ...REPORT, capabilities, isWhole: true, seen: 2, at: 2, observed: observedOf(later, two, three) },
    ]);
    expect(
      await mergedReports(
        { capabilities, observed: observedOf(one) },
        { isWhole: true, observed: observedOf(two), at: 2 },
      ),
    ).toEqual([{ ...REPORT, capabilities, isWhole: true, at: 2, observed: observedOf(two) }]);
  });

  it("never have capabilities with the hash of others", async () => {
    const [report] = await mergedReports({ capabilities }, { capabilitiesHash: "two" });
    expect(report).toMatchObject({ capabilitiesHash: "two", capabilities: null });
  });
});

describe("writing behind", () => {
  it("writes thousands in chunks, while others get their turn", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { id } = await server.createKey();
    const activityWriter = createActivityWriter(server.store, pino({ level: "silent" }));
    const key = { id, name: "prod", fingerprint: "00000000" };
    const declaration = {
      version: "1",
      channel: "stable",
      hostName: "h",
      publicHost: null,
      capabilities: "{}",
      resources: "{}",
    };
    await server.store.transaction(async (transaction) => {
      const { id: organizationId } = (await transaction.organizations.find("acme")) ?? { id: "" };
      for (let n = 0; n < 2000; n += 1) {
        await transaction.executors.insert({
          ...declaration,
          id: `e${n}`,
          organizationId,
          name: `e${n}`,
          kind: "agent",
          createdAt: 0,
          enrolledBy: "k",
        });
      }
    });
    for (let n = 0; n < 2000; n += 1) {
      activityWriter.note({
        kind: "synced",
        executorId: `e${n}`,
        key,
        declaration,
        address: null,
        at: n + 1,
      });
    }
    let turns = 0;
    const turn = setInterval(() => {
      turns += 1;
    }, 0);
    await activityWriter.stop();
    clearInterval(turn);
    expect(turns).toBeGreaterThanOrEqual(3);
    expect(await server.store.keys.useCount(id)).toBe(2000);
    expect((await server.store.keys.uses(id, 1))[0]?.lastUsedAt).toBe(2000);
  });

  it("shows what a large fleet leaves behind", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { id } = await server.createKey();
    const activityWriter = createActivityWriter(server.store, pino({ level: "silent" }));
    activityWriter.start();
    onTestFinished(() => activityWriter.stop());
    for (let n = 0; n < 2000; n += 1) {
      activityWriter.note({ kind: "key-used", keyId: `gone-${n}`, at: n });
    }
    activityWriter.note({ kind: "key-used", keyId: id, at: Date.now() });
    await eventually(async () => (await server.store.keys.byId(id))?.lastUsedAt !== null, {
      describe: "the key's last use",
    });
  });
});
