import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BugGuard } from "../../../src/agent/reconciler/bug-guard.ts";
import { ListKeeper } from "../../../src/agent/reconciler/list-keeper.ts";
import { makeSpec, ORGANIZATION } from "../../support/agent/nodes.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** The answer of a control plane with these nodes. */
const answer = (changeNumber: number, ...names: readonly string[]) => {
  const list = names.map((name) => makeSpec(name));
  const wants = { wantsWhole: false, wantsCapabilities: false };
  return { organizationId: ORGANIZATION, reply: { changeNumber, count: list.length, list, ...wants } };
};

/** The answer of one that has nothing newer than what the host holds. */
const unchanged = (changeNumber: number, count = 1) => {
  const { reply, ...rest } = answer(changeNumber);
  return { ...rest, reply: { ...reply, count, list: null } };
};

/** The same, to this host as the executor of that name. */
const as = <Answer>(name: string, rest: Answer, at = Date.UTC(2026, 10, 30, 21, 12)) => ({
  ...rest,
  executor: { name, at },
});

async function keeperIn(dataDir: string) {
  const said: string[] = [];
  const keeper = new ListKeeper(dataDir, ({ event }) => void said.push(event));
  await keeper.load();
  return { keeper, said, lasting: () => keeper.conditions().map(({ event }) => event) };
}

describe("what is wrong with the list of nodes, and lasts", () => {
  it("is a file that cannot be written, until it can", async () => {
    const dataDir = join(tempDir(), "later");
    const { keeper, said, lasting } = await keeperIn(dataDir);
    await keeper.accept(answer(1, "a"), new Set());
    await keeper.retry();
    await keeper.retry();
    expect(lasting()).toEqual(["nodes.unwritable"]);
    expect(said).toEqual(["nodes.unwritable"]);
    mkdirSync(dataDir);
    await keeper.retry();
    expect(lasting()).toEqual([]);
  });

  it.each([
    ["damaged", "damaged"],
    ["damaged", undefined],
  ])("is a damaged file, until the next list is written: %s, and before it %s", async (now, before) => {
    const dataDir = tempDir();
    writeFileSync(join(dataDir, "nodes.json"), now);
    if (before !== undefined) {
      writeFileSync(join(dataDir, "nodes.json.prev"), before);
    }
    const { keeper, lasting } = await keeperIn(dataDir);
    expect(lasting()).toEqual(["nodes.memory-damaged"]);
    await keeper.accept(answer(1, "a"), new Set());
    expect(lasting()).toEqual([]);
  });

  it("is a list that is not used, until one is", async () => {
    const { keeper, lasting } = await keeperIn(tempDir());
    await keeper.accept(answer(5, "a"), new Set());
    await keeper.accept(answer(4, "a"), new Set());
    expect(lasting()).toEqual(["nodes.list-refused"]);
    await keeper.accept(answer(6, "a", "b"), new Set());
    expect(lasting()).toEqual([]);
  });

  it("is over as soon as the control plane has the list of this host, and is said again if it comes back", async () => {
    const { keeper, said, lasting } = await keeperIn(tempDir());
    await keeper.accept(answer(5, "a"), new Set());
    await keeper.accept(unchanged(0, 0), new Set());
    await keeper.accept(unchanged(0, 0), new Set());
    expect(lasting()).toEqual(["nodes.list-refused"]);
    await keeper.accept(unchanged(5), new Set());
    expect(lasting()).toEqual([]);
    await keeper.accept(unchanged(0, 0), new Set());
    expect(lasting()).toEqual(["nodes.list-refused"]);
    expect(said).toEqual(["nodes.list-refused", "nodes.list-refused"]);
  });

  it("an order in it lasts until the next list", async () => {
    const { keeper, said, lasting } = await keeperIn(tempDir());
    const { reply, ...rest } = answer(5);
    const newer = { ...reply, count: 1, list: [makeSpec("a", { revision: 2 })] };
    await keeper.accept({ ...rest, reply: newer }, new Set());
    await keeper.accept(answer(6, "a"), new Set());
    await keeper.accept(unchanged(6), new Set());
    expect(lasting()).toEqual(["nodes.list-refused"]);
    await keeper.accept({ ...rest, reply: { ...newer, changeNumber: 7 } }, new Set());
    expect(lasting()).toEqual([]);
    expect(said).toEqual(["nodes.list-refused"]);
  });
});

describe("nodes of the executor that this host was", () => {
  const RENAMED =
    'This host was executor fra-29 until 2026-11-30 21:12:00 UTC, and is fra-3 since then. Node a on this host belongs to fra-29, so no order for it arrives as long as this host is fra-3. It goes on as it is. Fix: set agent.name back to "fra-29": the agent applies it without a restart. Only if this host is to stay fra-3, give up each node of fra-29: sudo novacula-agent nodes forget a';

  it.each([
    ["an older list", unchanged(0, 0)],
    ["a list that is not older", answer(7)],
  ])("are named instead of what %s of the new one lacks, also after a restart", async (_, ofNew) => {
    const dataDir = tempDir();
    const { keeper, said, lasting } = await keeperIn(dataDir);
    await keeper.accept(as("fra-29", answer(5, "a"), 0), new Set());
    await keeper.accept(as("fra-3", ofNew), new Set());
    await keeper.accept(as("fra-3", ofNew, Date.UTC(2026, 11, 1)), new Set());
    expect(keeper.conditions().map(({ message }) => message)).toEqual([RENAMED]);
    expect(said).toEqual(["nodes.other-executor"]);
    const again = await keeperIn(dataDir);
    await again.keeper.accept(as("fra-3", unchanged(ofNew.reply.changeNumber), Date.now()), new Set());
    expect(again.keeper.conditions().map(({ message }) => message)).toEqual([RENAMED]);
    expect(again.said).toEqual(["nodes.other-executor"]);
    await again.keeper.accept(as("fra-29", answer(8, "a")), new Set());
    expect(again.lasting()).toEqual([]);
    expect(lasting()).toEqual(["nodes.other-executor"]);
  });

  it("are no matter once the name is back, they are forgotten, or the new executor has them", async () => {
    const endings = [
      (keeper: ListKeeper) => keeper.accept(as("fra-29", unchanged(5)), new Set()),
      (keeper: ListKeeper) => keeper.drop("a").then(() => keeper.accept(as("fra-3", answer(6)), new Set())),
      (keeper: ListKeeper) => keeper.accept(as("fra-3", answer(6, "a")), new Set()),
    ];
    for (const end of endings) {
      const { keeper, lasting } = await keeperIn(tempDir());
      await keeper.accept(as("fra-29", answer(5, "a")), new Set());
      await keeper.accept(as("fra-3", unchanged(0, 0)), new Set());
      expect(lasting()).toEqual(["nodes.other-executor"]);
      await end(keeper);
      expect(lasting()).toEqual([]);
    }
  });

  it("hide no other fault of the list", async () => {
    const { keeper, lasting } = await keeperIn(tempDir());
    await keeper.accept(as("fra-3", answer(5, "b"), 0), new Set());
    await keeper.accept(as("fra-29", answer(6, "a", "b"), 0), new Set());
    await keeper.accept(as("fra-3", answer(7, "b")), new Set());
    expect(lasting()).toEqual(["nodes.other-executor"]);
    const { reply, ...rest } = answer(8, "b");
    await keeper.accept(as("fra-3", { ...rest, reply: { ...reply, count: 4 } }), new Set());
    expect(lasting()).toEqual(["nodes.other-executor", "nodes.list-refused"]);
  });
});

it("a bug lasts until the part works again, and is said once", async () => {
  const said: string[] = [];
  const guard = new BugGuard(({ event }) => void said.push(event));
  const fails = () => Promise.reject(new TypeError("x is not a function"));
  await guard.run(fails);
  await guard.run(fails);
  expect(guard.last()).toMatchObject({ event: "nodes.bug", message: expect.stringMatching(/x is not a/) });
  expect(said).toEqual(["nodes.bug"]);
  await guard.run(async () => 1);
  expect(guard.last()).toBeUndefined();
});
