import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { executorSyncScene } from "../../support/control-plane/executor-sync-scene.ts";

type Scene = Awaited<ReturnType<typeof executorSyncScene>>;

/** What was recorded of a refusal of the key. */
async function refusalOf({ activityWriter, store }: Scene, keyId: string) {
  await activityWriter.flush();
  return store.keys.refusal(keyId);
}

describe("between the first look and the transaction", () => {
  it.each([
    ["revoked", (scene: Scene) => scene.store.transaction(({ keys }) => keys.revoke("k", 1))],
    ["unknown", (scene: Scene) => scene.store.transaction(({ keys }) => keys.delete("k"))],
    [
      "expired",
      async ({ scene }: Scene) => {
        scene.now += 1000;
      },
    ],
  ] as const)("a key that becomes %s enrols nobody, and is answered as that", async (reason, act) => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k", { expiresAt: scene.scene.now + 1000 });
    scene.scene.between = () => act(scene);
    await expect(scene.sync(caller)).rejects.toMatchObject({ code: "UNAUTHENTICATED", reason });
    expect(await scene.executor()).toBeUndefined();
    expect(scene.events()).toEqual(["sync.refused", "key.refused"]);
    expect((await refusalOf(scene, "k"))?.reason).toBe(reason === "unknown" ? undefined : reason);
  });

  it("an executor that another key enrols stays with that key, and the sync is refused", async () => {
    const scene = await executorSyncScene();
    const [one, other] = [await scene.caller("one"), await scene.caller("other")];
    await scene.sync(other, "agent-2");
    scene.scene.between = async () => {
      scene.scene.between = async () => undefined;
      await scene.sync(one, "agent-1");
    };
    await expect(scene.sync(other, "agent-1")).rejects.toMatchObject({
      code: "FORBIDDEN",
      reason: "key_held_by_other_executor",
    });
    const executor = await scene.executor();
    expect(executor?.key?.id).toBe("one");
    expect(await refusalOf(scene, "other")).toMatchObject({
      reason: "key_held_by_other_executor",
      executorId: executor?.id,
    });
    expect((await scene.executor())?.lastRefusal).toMatchObject({
      key: { id: "other" },
      address: "192.0.2.1",
    });
  });

  it("an executor that is deleted enrols again", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    const { executor } = await scene.sync(caller);
    const successor = await scene.caller("k2", { lineageId: "k" });
    scene.scene.between = () => scene.store.transaction(({ executors }) => executors.delete(executor.id));
    const again = await scene.sync(successor);
    expect(again.executor.id).not.toBe(executor.id);
    expect((await scene.executor())?.key?.id).toBe("k2");
  });
});

describe("a refusal", () => {
  it("for an organization that is not the key's leaves an executor of the same name there alone", async () => {
    const scene = await executorSyncScene();
    const ours = await scene.caller("ours");
    const theirs = await scene.caller("theirs", { organizationId: "p" });
    await scene.sync(theirs);
    await expect(scene.sync(theirs, "agent-1", { expectedOrganizationId: "o" })).rejects.toMatchObject({
      reason: "wrong_organization",
    });
    await scene.sync(ours);
    expect(await refusalOf(scene, "theirs")).toMatchObject({
      reason: "wrong_organization",
      executorId: null,
    });
    for (const organizationId of ["o", "p"]) {
      expect((await scene.executor("agent-1", organizationId))?.lastRefusal).toBeNull();
    }
  });

  it.each(["sync", "currentKey", "signOff"] as const)(
    "of %s is logged with the key and the executor",
    async (what) => {
      const scene = await executorSyncScene();
      const [one, other] = [await scene.caller("one"), await scene.caller("other")];
      await scene.sync(one, "agent-1");
      await scene.sync(other, "agent-2");
      scene.lines.length = 0;
      const refused = {
        sync: () => scene.sync(other, "agent-1"),
        currentKey: () =>
          scene.executorSync.currentKey(other, {
            executorName: "agent-1",
            expectedOrganizationId: undefined,
          }),
        signOff: () =>
          scene.executorSync.signOff(other, { executorName: "agent-1", instanceId: "instance-1" }),
      };
      await expect(refused[what]()).rejects.toMatchObject({ reason: "key_held_by_other_executor" });
      const operation = { sync: "syncExecutor", currentKey: "currentKey", signOff: "signOffExecutor" }[what];
      expect(scene.lines.map((line) => JSON.parse(line))).toMatchObject([
        { level: 20, operation, keyId: "other", executor: "agent-1" },
        { event: "executor.refused", operation, keyId: "other", executor: "agent-1", address: "192.0.2.1" },
      ]);
    },
  );
});

describe("the enrolments of one lineage", () => {
  it("are a hundred at once, then one in 100 ms; nothing is written for one too many", async () => {
    const scene = await executorSyncScene({ maxExecutorsPerKey: 1000 });
    const caller = await scene.caller("k");
    for (let n = 0; n < 100; n += 1) {
      await scene.sync(caller, `agent-${n}`);
    }
    await expect(scene.sync(caller, "one-more")).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryAfterMs: 100,
      message:
        "key name of k enrols too many new executors at once: one-more will be enrolled by a later sync",
    });
    expect(await scene.executor("one-more")).toBeUndefined();
    expect(scene.lines.map((line) => JSON.parse(line)).at(-1)).toMatchObject({
      operation: "syncExecutor",
      reason: "too_many_enrolments",
      executor: "one-more",
    });
    // Neither those that are there nor other lineages are held up.
    await scene.sync(caller, "agent-0");
    await scene.sync(await scene.caller("other"), "agent-other");
    scene.scene.now += 100;
    await scene.sync(caller, "one-more");
    await expect(scene.sync(caller, "another")).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });

  it("are not counted for an executor that is only bound anew", async () => {
    const scene = await executorSyncScene({ maxExecutorsPerKey: 1000 });
    const caller = await scene.caller("k");
    for (let n = 0; n < 99; n += 1) {
      await scene.sync(caller, `agent-${n}`);
    }
    await scene.sync(await scene.caller("k2", { lineageId: "k" }), "agent-0");
    await scene.sync(caller, "agent-99");
    await expect(scene.sync(caller, "agent-100")).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });
});

describe("a new binding", () => {
  const movesOf = async (scene: Scene) => {
    const id = (await scene.executor())?.id ?? "";
    return (await scene.store.executors.transitions(id)).map(({ kind, key }) => [kind, key?.id]);
  };

  it("is in the history of an executor that had another key, and once only", async () => {
    const scene = await executorSyncScene();
    await scene.sync(await scene.caller("k"));
    expect(await movesOf(scene)).toEqual([]);
    const successor = await scene.caller("k2", { lineageId: "k" });
    await scene.sync(successor);
    await scene.sync(successor);
    expect(await movesOf(scene)).toEqual([["key_changed", "k2"]]);
  });

  it("is there before the answer, with what the executor declares", async () => {
    const scene = await executorSyncScene();
    await scene.sync(await scene.caller("k"), "agent-1", { hostName: "host-7" });
    expect(await scene.executor()).toMatchObject({
      hostName: "host-7",
      lastSyncAt: scene.scene.now,
      key: { id: "k" },
    });
    expect(await scene.store.keys.uses("k", 1)).toMatchObject([{ address: "192.0.2.1" }]);
  });

  it("is logged as a first connection only if the executor is new", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    await scene.sync(caller);
    scene.scene.now += 31_000;
    await scene.sync(caller);
    expect(scene.events()).toEqual(["executor.connected", "executor.disconnected", "executor.reconnected"]);
  });

  it("is not made again with each sync", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    await scene.sync(caller);
    scene.scene.between = () =>
      Promise.reject(new Error("a sync of a bound executor waits for no transaction"));
    await scene.sync(caller);
  });
});

describe("a process that stops", () => {
  const signOff = (
    { executorSync }: Scene,
    caller: Parameters<Scene["sync"]>[0],
    instanceId = "instance-1",
  ) => executorSync.signOff(caller, { executorName: "agent-1", instanceId });

  it("takes its executor offline at once, and that is recorded", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    await scene.sync(caller);
    scene.scene.now += 5;
    expect(await signOff(scene, caller)).toBe(true);
    await scene.activityWriter.flush();
    expect((await scene.executor())?.stoppedAt).toBe(scene.scene.now);
  });

  it("and is not known, not the only one, or of an executor that is not there, changes nothing", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    expect(await signOff(scene, caller)).toBe(false);
    await scene.sync(caller);
    await scene.sync(caller, "agent-1", { instanceId: "instance-2" });
    expect(await signOff(scene, caller, "nobody")).toBe(false);
    expect(await signOff(scene, caller)).toBe(true);
    await scene.activityWriter.flush();
    expect((await scene.executor())?.stoppedAt).toBeNull();
  });

  it("stays stopped when the network delivers its last sync late, and is no duplicate of the next", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    const sync = async (instanceId: string) =>
      (await scene.sync(caller, "agent-1", { instanceId })).duplicates.map((other) => other.instanceId);
    await sync("old");
    expect(await signOff(scene, caller, "old")).toBe(true);
    const stoppedAt = scene.scene.now;
    scene.scene.now += 5;
    expect(await sync("old")).toEqual([]);
    await scene.activityWriter.flush();
    expect(await scene.executor()).toMatchObject({ stoppedAt, lastSyncAt: stoppedAt });
    for (const instanceId of ["new", "old", "new"]) {
      expect(await sync(instanceId), instanceId).toEqual([]);
    }
    expect(scene.events()).toEqual(["executor.connected"]);
  });

  it("with a key that the executor is not bound to, does not stop it", async () => {
    const scene = await executorSyncScene();
    await scene.sync(await scene.caller("k"));
    const successor = await scene.caller("k2", { lineageId: "k" });
    expect(await signOff(scene, successor)).toBe(false);
  });
});

describe("a sync of an executor that is bound", () => {
  it("is recorded with the next write, and says nothing", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    await scene.sync(caller);
    scene.scene.now += 5000;
    await scene.sync(caller, "agent-1", { hostName: "host-2" });
    await scene.activityWriter.flush();
    expect(await scene.executor()).toMatchObject({ lastSyncAt: scene.scene.now, hostName: "host-2" });
    expect(scene.events()).toEqual(["executor.connected"]);
  });

  it("is told which other process takes turns with it", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    const told = async (instanceId: string) =>
      (await scene.sync(caller, "agent-1", { instanceId })).duplicates.map((other) => other.instanceId);
    await told("a");
    await told("b");
    expect(await told("a")).toEqual(["b"]);
  });
});

describe("a name with characters that nobody can see", () => {
  const hidden = "agent-1\u3164";

  it("is kept by an executor that has it already", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    await scene.store.transaction(({ executors }) =>
      executors.insert({
        id: "e",
        organizationId: "o",
        name: hidden,
        kind: "agent",
        createdAt: 0,
        enrolledBy: "k",
        version: "1",
        channel: "stable",
        hostName: "h",
        publicHost: null,
        capabilities: "{}",
        resources: "{}",
      }),
    );
    expect((await scene.sync(caller, hidden)).executor.id).toBe("e");
  });

  it("is not what a key of the wrong organization is refused for", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    await expect(scene.sync(caller, hidden, { expectedOrganizationId: "p" })).rejects.toMatchObject({
      reason: "wrong_organization",
    });
    await expect(scene.sync(caller, hidden)).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  });
});

describe("a damaged record of an executor", () => {
  const damage = (scene: Scene, sql: string) => {
    using database = new DatabaseSync(scene.path);
    database.exec(`pragma ignore_check_constraints = on; ${sql}`);
  };

  it("that a sync can repair is logged, and the sync is answered", async () => {
    const scene = await executorSyncScene();
    const caller = await scene.caller("k");
    await scene.sync(caller);
    scene.lines.length = 0;
    damage(scene, "update executor set kind = 'robot'");
    await scene.sync(caller);
    expect(scene.events()).toHaveLength(1);
    expect((await scene.executor())?.kind).toBe("agent");
    expect(await scene.store.executors.transitions((await scene.executor())?.id ?? "")).toEqual([]);
    await scene.sync(caller);
    expect(scene.events()).toHaveLength(1);
  });
});

it("an answer has nodes exactly if the request has", async () => {
  const scene = await executorSyncScene();
  const caller = await scene.caller("k");
  expect((await scene.sync(caller)).nodes).toBeUndefined();
  const nodes = {
    seen: null,
    capabilitiesHash: "0".repeat(64),
    capabilities: null,
    isWhole: true,
    observed: [],
  };
  expect((await scene.sync(caller, "agent-1", { nodes })).nodes).toMatchObject({
    changeNumber: 0,
    count: 0,
    wantsCapabilities: true,
  });
});
