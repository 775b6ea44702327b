import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { SIGN_OFF_EXECUTOR } from "../../../src/protocol/operations.ts";
import {
  SYNC_INPUT,
  startServer,
  type TestServer,
} from "../../support/control-plane/control-plane-server.ts";
import { serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";

const transition = z.object({
  kind: z.string(),
  at: z.number(),
  cause: z.string().nullable(),
  address: z.string().nullable(),
  key: z.object({ name: z.string(), fingerprint: z.string() }).nullable(),
});

async function timelineOf({ manage }: TestServer, name = "agent-1") {
  const answer = await manage(
    `query($name: String) { executors(organization: "acme", name: $name) {
      timeline { kind at cause address key { name fingerprint } } } }`,
    { name },
  );
  const data = z.object({ executors: z.array(z.object({ timeline: z.array(transition) })) });
  const timeline = data.parse(answer.data).executors[0]?.timeline ?? [];
  return { timeline, words: timeline.map(({ kind, cause, key }) => [kind, cause, key?.name].join(" ")) };
}

/** Waits until it is stored; newest first. */
function expectTimeline(server: TestServer, words: readonly string[], name?: string) {
  return eventually(
    async () => {
      const found = await timelineOf(server, name);
      return JSON.stringify(found.words) === JSON.stringify(words) ? found.timeline : undefined;
    },
    { describe: `the timeline is ${JSON.stringify(words)}` },
  );
}

describe("the timeline of an executor", () => {
  it("has its comings and goings, and the keys", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey({ name: "first" });
    await server.sync(first.secret);
    const [online] = await expectTimeline(server, ["online  first"]);
    expect(online).toMatchObject({
      address: "127.0.0.1",
      key: { fingerprint: expect.stringMatching(/^\w{8}$/) },
    });
    server.clock.offsetMs = 31_000;
    const [offline] = await expectTimeline(server, ["offline silent first", "online  first"]);
    expect(offline?.at).toBeGreaterThanOrEqual(online?.at ?? Number.NaN);
    expect(offline?.at).toBeLessThan(server.clock.now() - 30_000);
    const second = await server.createKey({ name: "second", target: "agent-1" });
    await server.sync(second.secret);
    const back = ["key_changed  second", "offline silent first", "online  first"];
    await eventually(async () => (await timelineOf(server)).words.includes("online  second"), {
      describe: "it is back",
    });
    expect((await timelineOf(server)).words.filter((each) => each !== "online  second")).toEqual(back);
  });

  it("has a stop with its cause, and no restart that takes less than the timeout", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    const signOff = (instanceId: string) =>
      server.post(secret, SIGN_OFF_EXECUTOR, { input: { executorName: SYNC_INPUT.name, instanceId } });
    await server.sync(secret, { instanceId: "one" });
    await signOff("one");
    await server.sync(secret, { instanceId: "two" });
    await signOff("two");
    server.clock.offsetMs = 31_000;
    await expectTimeline(server, ["offline stopped prod", "online  prod"]);
  });

  it("has the first refusal in a row, of its key or under its name", async () => {
    const server = await serverWithOrganization();
    const [one, two] = [await server.createKey({ name: "one" }), await server.createKey({ name: "two" })];
    await server.sync(one.secret, { name: "agent-1" });
    await server.sync(two.secret, { name: "agent-2" });
    for (let n = 0; n < 3; n += 1) {
      await server.sync(two.secret, { name: "agent-1" });
      await expectTimeline(server, ["refused key_held_by_other_executor two", "online  one"]);
      server.clock.offsetMs += 1500;
    }
    await server.revokeKey(two.id);
    for (let n = 0; n < 3; n += 1) {
      await server.sync(two.secret, { name: "agent-1" });
      await expectTimeline(server, ["refused revoked two", "online  two"], "agent-2");
      server.clock.offsetMs += 1500;
    }
    await expectTimeline(server, ["refused key_held_by_other_executor two", "online  one"]);
  });

  it("has the silence that began while no control plane ran", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    for (const name of ["agent-1", "agent-2"]) {
      await server.sync(secret, { name });
    }
    await server.close();
    const later = Date.now() + 600_000;
    const again = await startServer({ now: () => later }, server.directory);
    await again.sync(secret, { name: "agent-1" });
    await expectTimeline(again, ["online  prod", "offline silent prod", "online  prod"]);
    await expectTimeline(again, ["offline silent prod", "online  prod"], "agent-2");
    await again.close();
    const third = await startServer({ now: () => later + 1000 }, server.directory);
    await expectTimeline(third, ["online  prod", "offline silent prod", "online  prod"]);
  });

  it("is bounded, goes with the executor, and is pruned when it is written", async () => {
    const server = await serverWithOrganization();
    const { secret } = await server.createKey();
    await server.sync(secret);
    await server.close();
    const store = openSqliteStore(server.databasePath);
    const executor = (await store.executors.syncedSince(0))[0]?.id ?? "";
    for (let n = 1; n <= 40; n += 1) {
      const at = Date.now() + n * 10;
      await store.record([
        {
          kind: "moved",
          executorId: executor,
          transitions: (["offline", "online"] as const).map((kind, index) => ({
            kind,
            at: at + index,
            cause: null,
            address: null,
          })),
        },
      ]);
      const count = (await store.executors.transitions(executor)).length;
      expect(count).toBe(Math.min(50, 1 + 2 * n));
    }
    await store.record([{ kind: "moved", executorId: "nobody", transitions: [] }]);
    using database = new DatabaseSync(server.databasePath);
    const rows = () => database.prepare("select count(*) as n from executorTransition").get();
    expect(rows()).toEqual({ n: 50 });
    await store.transaction((transaction) => transaction.executors.delete(executor));
    expect(rows()).toEqual({ n: 0 });
    await store.close();
  });
});
