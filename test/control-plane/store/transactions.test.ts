import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { StoreUnavailable } from "../../../src/control-plane/store/contract/store.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { SqliteTransactions } from "../../../src/control-plane/store/sqlite/transactions.ts";
import { tempDir } from "../../support/temp-dir.ts";

const MOST_WAITING = 2000;
const nothing = async () => undefined;
const unavailable = (message: string) => expect.objectContaining({ name: "StoreUnavailable", message });

/** Transactions on a real file. `looks` counts how often it was asked whether the file is in its place. */
async function openTransactions(requireInPlace: (looks: number) => void = () => {}) {
  const path = join(tempDir(), "cp.db");
  await openSqliteStore(path).close();
  const writer = new DatabaseSync(path, { timeout: 0 });
  writer.exec("pragma synchronous = full");
  onTestFinished(() => {
    if (writer.isOpen) {
      writer.close();
    }
  });
  let looks = 0;
  const transactions = new SqliteTransactions(writer, () => {
    looks += 1;
    requireInPlace(looks);
  });
  return { path, writer, transactions };
}

function insertOrganization(slug: string) {
  return (transaction: Parameters<Parameters<SqliteTransactions["run"]>[0]>[0]) =>
    transaction.organizations.insert({ id: slug, name: slug, slug, createdAt: 0 });
}

function slugs(path: string): readonly unknown[] {
  using database = new DatabaseSync(path);
  return database.prepare("select slug from organization order by slug").all();
}

describe("the queue", () => {
  it("has its places back after each transaction, whether it succeeded or failed", async () => {
    const { transactions } = await openTransactions();
    for (let n = 0; n <= MOST_WAITING; n += 1) {
      await transactions.run(nothing, "crash");
    }
    for (let n = 0; n <= MOST_WAITING; n += 1) {
      await transactions.run(() => Promise.reject(new Error("on purpose")), "crash").catch(() => {});
    }
    await transactions.run(insertOrganization("last"), "power-cut");
  });

  it("has 2,000 places, and says so to whom it has none for", async () => {
    const { transactions } = await openTransactions();
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
    const all = Array.from({ length: MOST_WAITING }, () => transactions.run(() => held, "power-cut"));
    const tooMany = transactions.run(nothing, "power-cut");
    await expect(tooMany).rejects.toThrow(unavailable("too many changes are waiting for the database"));
    release(undefined);
    expect(new Set(await Promise.all(all))).toEqual(new Set([undefined]));
    await transactions.run(nothing, "power-cut");
  });

  it("runs one after the other, also after one that failed", async () => {
    const { transactions } = await openTransactions();
    const order: string[] = [];
    const slow = transactions.run(async () => {
      order.push("slow begins");
      await new Promise((resolve) => setImmediate(resolve));
      order.push("slow ends");
      throw new Error("on purpose");
    }, "power-cut");
    const next = transactions.run(async () => void order.push("next"), "power-cut");
    await expect(slow).rejects.toThrow("on purpose");
    await next;
    expect(order).toEqual(["slow begins", "slow ends", "next"]);
  });

  it("is at its end only when the last has ended", async () => {
    const { transactions } = await openTransactions();
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
    let isFinished = false;
    const run = transactions.run(() => held, "power-cut");
    const finished = transactions.finished().then(() => {
      isFinished = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFinished).toBe(false);
    release(undefined);
    await run;
    await finished;
  });
});

it("a change survives a power cut, and activity does not wait for the disk, whatever came before", async () => {
  const { writer, transactions } = await openTransactions();
  const level = async () => writer.prepare("pragma synchronous").get();
  const levels = [];
  for (const durability of [
    "power-cut",
    "crash",
    "power-cut",
    "power-cut",
    "crash",
    "crash",
    "power-cut",
  ] as const) {
    levels.push(await transactions.run(level, durability));
  }
  const [normal, full] = [{ synchronous: 1 }, { synchronous: 2 }];
  expect(levels).toEqual([full, normal, full, full, normal, normal, full]);
});

describe("a database file that was replaced", () => {
  const gone = (at: number) => (looks: number) => {
    if (looks === at) {
      throw new StoreUnavailable("the file was replaced");
    }
  };

  it("is not written: no change begins", async () => {
    const { path, transactions } = await openTransactions(gone(1));
    let hasBegun = false;
    const run = transactions.run(async () => {
      hasBegun = true;
    }, "power-cut");
    await expect(run).rejects.toThrow("replaced");
    expect(hasBegun).toBe(false);
    await transactions.run(insertOrganization("later"), "power-cut");
    expect(slugs(path)).toEqual([{ slug: "later" }]);
  });

  it("before the commit: nothing is committed, and the next change runs", async () => {
    const { path, transactions } = await openTransactions(gone(2));
    await expect(transactions.run(insertOrganization("a"), "power-cut")).rejects.toThrow("replaced");
    await transactions.run(insertOrganization("later"), "power-cut");
    expect(slugs(path)).toEqual([{ slug: "later" }]);
  });

  it("during the commit: nothing is acknowledged", async () => {
    const { transactions } = await openTransactions(gone(3));
    await expect(transactions.run(insertOrganization("a"), "power-cut")).rejects.toThrow("replaced");
    await transactions.run(insertOrganization("later"), "power-cut");
  });
});

describe("a failure", () => {
  it("that made SQLite roll back by itself is told as it is", async () => {
    const { writer, transactions } = await openTransactions();
    const run = transactions.run(async () => {
      writer.exec("rollback");
      throw new Error("on purpose");
    }, "power-cut");
    await expect(run).rejects.toThrow("on purpose");
    await transactions.run(nothing, "power-cut");
  });

  it("of a closed database is no bug, and is told at once", async () => {
    const { writer, transactions } = await openTransactions();
    const run = transactions.run(async () => writer.close(), "power-cut");
    await expect(run).rejects.toThrow(unavailable("the database is closed"));
    await expect(transactions.run(nothing, "power-cut")).rejects.toThrow(
      unavailable("the database is closed"),
    );
    expect(() => transactions.revision()).toThrow(unavailable("the database is closed"));
  });
});

describe("a lock of another process", () => {
  it("is waited for", async () => {
    const { path, transactions } = await openTransactions();
    using other = new DatabaseSync(path);
    other.exec("begin immediate");
    const run = transactions.run(insertOrganization("waited"), "power-cut");
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.exec("commit");
    await run;
    expect(slugs(path)).toEqual([{ slug: "waited" }]);
  });

  it("that stays is told after 2 s, and does not stop this process meanwhile", async () => {
    const { path, transactions } = await openTransactions();
    using other = new DatabaseSync(path);
    other.exec("begin immediate");
    let turns = 0;
    const turn = setInterval(() => {
      turns += 1;
    }, 10);
    const start = performance.now();
    await expect(transactions.run(nothing, "power-cut")).rejects.toThrow(unavailable("the database is busy"));
    clearInterval(turn);
    expect(performance.now() - start).toBeGreaterThanOrEqual(2000);
    expect(turns).toBeGreaterThan(3);
    other.exec("rollback");
    await transactions.run(nothing, "power-cut");
  });
});

it("the revision changes with each change, by whomever, and not with activity", async () => {
  const { path, transactions } = await openTransactions();
  const seen = [transactions.revision()];
  const isNew = () => {
    const revision = transactions.revision();
    const isSeen = seen.includes(revision);
    seen.push(revision);
    return !isSeen;
  };
  expect(isNew()).toBe(false);
  await transactions.run(insertOrganization("a"), "crash");
  expect(isNew()).toBe(false);
  await transactions.run(insertOrganization("b"), "power-cut");
  expect(isNew()).toBe(true);
  await transactions.run(() => Promise.reject(new Error("on purpose")), "power-cut").catch(() => {});
  expect(isNew()).toBe(true);
  using other = new DatabaseSync(path);
  other.exec("update organization set name = 'renamed' where id = 'a'");
  expect(isNew()).toBe(true);
  expect(isNew()).toBe(false);
});
