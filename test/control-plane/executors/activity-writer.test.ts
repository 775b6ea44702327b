import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { createActivityWriter } from "../../../src/control-plane/executors/activity-writer.ts";
import { startServer } from "../../support/control-plane/control-plane-server.ts";
import { eventually } from "../../support/eventually.ts";

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
      activityWriter.note({ kind: "synced", executorId: `e${n}`, key, declaration, at: n + 1 });
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
