import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ReadTurns } from "../../../src/control-plane/graphql/request/query-reads.ts";
import { startPeopleServer } from "../../support/control-plane/people.ts";

/** A clock that moves by 1 ms with each read. */
function slowReads() {
  const clock = { ms: 0 };
  const done: number[] = [];
  const turns = new ReadTurns(() => clock.ms);
  const read = (index: number) =>
    turns.take(async () => {
      clock.ms += 1;
      done.push(index);
      return index;
    });
  return { done, turns, read };
}

describe("reads of queries, in turns of the event loop,", () => {
  it("stop after 2 ms, however many are waiting, so that other work gets its turn", async () => {
    const { done, read } = slowReads();
    const all = Promise.all(Array.from({ length: 20 }, (_, index) => read(index)));
    const doneByTurn: number[] = [done.length];
    while (done.length < 20) {
      await nextTurn();
      doneByTurn.push(done.length);
    }
    expect(doneByTurn.filter((count, turn) => count - (doneByTurn[turn - 1] ?? 0) > 2)).toEqual([]);
    expect(await all).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(done).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it("are served to all queries in the order of their requests", async () => {
    const { done, read } = slowReads();
    const first = Array.from({ length: 6 }, (_, index) => read(index));
    await nextTurn();
    const second = Array.from({ length: 6 }, (_, index) => read(100 + index));
    await Promise.all([...first, ...second]);
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105]);
  });

  it("continue after a read that fails, synchronously or later", async () => {
    const { read, turns } = slowReads();
    const before = [read(0), read(1), read(2)];
    const thrown = turns.take(() => {
      throw new Error("at once");
    });
    const rejected = turns.take(async () => {
      throw new Error("later");
    });
    await expect(thrown).rejects.toThrow("at once");
    await expect(rejected).rejects.toThrow("later");
    await Promise.all(before);
    expect(await read(3)).toBe(3);
  });
});

describe("a query of lists in lists", () => {
  it("is refused once it has read too much; the refusal says what to ask for instead", async () => {
    const server = await startPeopleServer();
    const key = await server.createKey();
    for (let index = 0; index < 100; index += 1) {
      await server.sync(key.secret, { name: `agent-${index}` });
    }
    const member = await server.signedIn("member");
    const nested = `keyHistory { firstUsedAt } instances { instanceId } ownKeys { id }
      apiKey { usedBy { lastUsedAt } usedByCount boundExecutors { id } }`;
    const query = (limit: number) =>
      `{ ${Array.from("abcdefghij", (alias) => `${alias}: executors(limit: ${limit}) { ${nested} }`).join(" ")} }`;
    const refused = await member.graphql(query(500));
    expect(refused).toMatchObject({ code: "BAD_USER_INPUT" });
    expect(refused.message).toMatch(/reads more than 5000 times: ask for fewer entries \(limit\)/);
    expect((await member.graphql(query(5))).code).toBeUndefined();
    expect(server.lines.filter((line) => line.includes('"event":"bug"'))).toEqual([]);
  });
});
