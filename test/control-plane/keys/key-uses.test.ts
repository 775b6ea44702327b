import { expect, it } from "vitest";
import * as z from "zod";
import { CURRENT_KEY, SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import { SYNC_INPUT, type TestServer } from "../../support/control-plane/control-plane-server.ts";
import { serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";

const use = z.object({
  executor: z.object({ name: z.string(), isDeleted: z.boolean() }),
  address: z.string().nullable(),
});
const key = z.object({
  usedBy: z.array(use),
  usedNow: z.array(use),
  usedNowCount: z.number(),
  usedBefore: z.array(use),
  usedBeforeCount: z.number(),
  lastUsedAt: z.number().nullable(),
  lastUse: use.extend({ lastUsedAt: z.number() }).nullable(),
});

async function usesOf({ manage }: TestServer, id: string) {
  const fields = "executor { name isDeleted } address";
  const answer = await manage(
    `query($id: ID!) { apiKey(id: $id) { usedBy { ${fields} } usedNow { ${fields} } usedNowCount usedBefore { ${fields} }
      usedBeforeCount lastUsedAt lastUse { ${fields} lastUsedAt } } }`,
    { id },
  );
  const { apiKey } = z.object({ apiKey: key }).parse(answer.data);
  const names = (uses: readonly z.output<typeof use>[]) => uses.map(({ executor }) => executor.name);
  const { usedNow, usedBefore, usedNowCount, usedBeforeCount } = apiKey;
  const counts = [usedNowCount, usedBeforeCount];
  return { ...apiKey, now: names(usedNow), before: names(usedBefore), counts };
}

function syncFrom({ post }: TestServer, secret: string, name: string, address: string) {
  const input = { ...SYNC_INPUT, name };
  return post(secret, SYNC_EXECUTOR, { input }, { "x-forwarded-for": address });
}

it("the uses of a key are of executors that are on it now, or of those that were", async () => {
  const server = await serverWithOrganization();
  const first = await server.createKey();
  for (const name of ["fra-2", "fra-1", "ams-1"]) {
    await server.sync(first.secret, { name });
  }
  expect(await usesOf(server, first.id)).toMatchObject({
    now: ["ams-1", "fra-1", "fra-2"],
    before: [],
    counts: [3, 0],
  });
  const second = await server.rotateKey(first.id, server.clock.now() + 60_000);
  await server.sync(second.secret, { name: "fra-1" });
  const third = await server.rotateKey(second.id, server.clock.now() + 60_000);
  await server.sync(third.secret, { name: "fra-1" });
  const all = await Promise.all([first, second, third].map(({ id }) => usesOf(server, id)));
  expect(all.map(({ now, before, counts }) => [now, before, counts])).toEqual([
    [["ams-1", "fra-2"], ["fra-1"], [2, 1]],
    [[], ["fra-1"], [0, 1]],
    [["fra-1"], [], [1, 0]],
  ]);
  // Back on the old key, in its grace.
  await server.sync(first.secret, { name: "fra-1" });
  expect(await usesOf(server, first.id)).toMatchObject({ counts: [3, 0], before: [] });
  expect(await usesOf(server, third.id)).toMatchObject({ now: [], before: ["fra-1"] });
});

it("a deleted executor has used the key before, and is marked", async () => {
  const server = await serverWithOrganization();
  const { secret, id } = await server.createKey();
  await server.sync(secret, { name: "gone" });
  server.clock.offsetMs = 31_000;
  const answer = await server.manage('{ executors(organization: "acme") { id } }');
  const { executors } = z.object({ executors: z.array(z.object({ id: z.string() })) }).parse(answer.data);
  const variables = { id: executors[0]?.id };
  await server.manage("mutation($id: ID!) { deleteExecutor(executorId: $id) { id } }", variables);
  expect(await usesOf(server, id)).toMatchObject({
    now: [],
    usedBefore: [{ executor: { name: "gone", isDeleted: true } }],
    counts: [0, 1],
  });
});

it("the last use has its address, and a check is none", async () => {
  const server = await serverWithOrganization();
  const { secret, id } = await server.createKey();
  expect(await usesOf(server, id)).toMatchObject({ lastUse: null, lastUsedAt: null, counts: [0, 0] });
  await server.post(secret, CURRENT_KEY, { input: { executorName: "fra-1" } });
  await syncFrom(server, secret, "fra-1", "203.0.113.1");
  await syncFrom(server, secret, "fra-2", "2001:db8::1");
  server.clock.offsetMs = 1000;
  await syncFrom(server, secret, "fra-1", "198.51.100.7");
  const found = await eventually(
    async () => {
      const uses = await usesOf(server, id);
      return uses.lastUse?.address === "198.51.100.7" ? uses : undefined;
    },
    { describe: "the last sync is stored" },
  );
  expect(found.usedNow.map(({ address }) => address)).toEqual(["198.51.100.7", "2001:db8::1"]);
  expect(found.lastUse?.executor).toEqual({ name: "fra-1", isDeleted: false });
  expect(found.lastUsedAt).not.toBeNull();
});
