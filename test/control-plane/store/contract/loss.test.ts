import { describe, expect, it } from "vitest";
import { databaseOf } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { ACME } from "../../../support/control-plane/store/new-records.ts";
import { startStoreProgram } from "../../../support/control-plane/store/store-program.ts";
import { eventually } from "../../../support/eventually.ts";
import { runs } from "../../../support/runs.ts";

/** How often a process is killed; more often in `npm run test:long`. */
const KILLS = runs(3);
const LEAST_CHANGES = 40;

/** Changes without an end, several at a time. Each is printed once it is acknowledged. */
const CHANGES = `
  let n = 0;
  const change = async () => {
    for (;;) {
      const id = process.pid + "-" + n++;
      await store.transaction(async ({ keys, audit }) => {
        await keys.insert({ id, name: id, hash: id, start: "exc_aa", organizationId: "acme", createdAt: 0,
          expiresAt: null, lineageId: id, target: null });
        await keys.revoke(id, 5);
        await audit.insert({ id, organizationId: "acme", at: 0, actor: "a", actorId: null, action: "x",
          targetType: "api_key", targetId: id, targetName: id, details: "{}", source: "page" });
      });
      print("changed " + id);
      await store.record([{ kind: "key-used", keyId: id, at: 7 }]);
      print("recorded " + id);
    }
  };
  await Promise.all([change(), change(), change()]);`;

describe.each(engines)("a control plane on $name that is killed", (engine) => {
  it("loses nothing that was acknowledged, and leaves nothing half done", async () => {
    const database = await databaseOf(engine);
    const store = await database.open();
    await store.transaction(({ organizations }) => organizations.insert(ACME));
    const acknowledged = new Map([
      ["changed", new Set<string>()],
      ["recorded", new Set<string>()],
    ]);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { child, lines, ended } = startStoreProgram(database.url, CHANGES);
      await eventually(() => lines.length >= LEAST_CHANGES, { describe: `${LEAST_CHANGES} changes` });
      child.kill("SIGKILL");
      expect(await ended).toBe("SIGKILL");
      for (const line of lines) {
        const [what = "", id = ""] = line.split(" ");
        acknowledged.get(what)?.add(id);
      }
    }
    const keys = await database.sql(`select "id" from "apikey"`);
    const known = new Map(
      await Promise.all(keys.map(async ({ id }) => [String(id), await store.keys.byId(String(id))] as const)),
    );
    for (const id of acknowledged.get("changed") ?? []) {
      expect(known.get(id)).toMatchObject({ revokedAt: 5, isEnabled: false });
    }
    for (const id of acknowledged.get("recorded") ?? []) {
      expect(known.get(id)).toMatchObject({ lastUsedAt: 7 });
    }
    const events = await store.audit.eventsAfter(0, 1_000_000);
    expect(events.map(({ event }) => event.targetId).toSorted()).toEqual([...known.keys()].toSorted());
    expect([...known.values()].every((key) => key?.revokedAt === 5)).toBe(true);
    expect(acknowledged.get("changed")?.size).toBeGreaterThanOrEqual((KILLS * LEAST_CHANGES) / 2 - KILLS * 3);
  });
});
