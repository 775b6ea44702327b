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
