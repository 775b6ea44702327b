import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { errorChain } from "../../../../src/lib/errors.ts";
import { EXECUTOR_PAGE } from "../../../support/control-plane/list-pages.ts";
import type { StoreEngine, TestDatabase } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { fill } from "../../../support/control-plane/store/filled-store.ts";
import { ACME, newKey } from "../../../support/control-plane/store/new-records.ts";
import { startStoreProgram } from "../../../support/control-plane/store/store-program.ts";

const PROGRAMS = 3;

function removedAtTheEnd(database: TestDatabase): TestDatabase {
  onTestFinished(() => database.remove());
  return database;
}

async function newSchema(engine: StoreEngine): Promise<unknown> {
  const database = await engine.newBareDatabase();
  await database.open();
  const schema = await engine.schemaOf(database);
  await database.remove();
  return schema;
}

describe.each(engines)("the schema of $name", (engine) => {
  let expected: unknown;
  beforeAll(async () => {
    expected = await newSchema(engine);
  });

  it("is made in an empty database, and left alone by the next start", async () => {
    const database = removedAtTheEnd(await engine.newBareDatabase());
    const store = await database.open();
    await fill(database, store);
    const schema = await engine.schemaOf(database);
    const again = await database.open();
    expect(await engine.schemaOf(database)).toEqual(schema);
    expect(await again.executors.list("acme", EXECUTOR_PAGE)).toHaveLength(3);
  });

  it.each(Array.from({ length: engine.version }, (_, n) => n))(
    "becomes that of a new one from version %i",
    async (version) => {
      const database = removedAtTheEnd(await engine.newDatabaseAt(version));
      const store = await database.open();
      expect(await engine.schemaOf(database)).toEqual(expected);
      await fill(database, store);
    },
  );

  it("of a later program is refused, and not changed", async () => {
    const database = removedAtTheEnd(await engine.newDatabase());
    const store = await database.open();
    await store.transaction(({ organizations }) => organizations.insert(ACME));
    await engine.makeNewer(database);
    const schema = await engine.schemaOf(database);
    await expect(database.open()).rejects.toSatisfy((error) =>
      /newer novacula-control-plane/.test(errorChain(error)),
    );
    expect(await engine.schemaOf(database)).toEqual(schema);
    // The one that runs goes on, until it is upgraded too.
    await store.transaction(({ keys }) => keys.insert(newKey("k")));
  });

  it("is made once if several programs start at the same time", async () => {
    const database = removedAtTheEnd(await engine.newBareDatabase());
    const work = `await store.transaction(({ organizations }) =>
      organizations.insert({ id: String(process.pid), name: "x", slug: String(process.pid), createdAt: 0 }));`;
    const programs = Array.from({ length: PROGRAMS }, () => startStoreProgram(database.url, work));
    expect(await Promise.all(programs.map(({ ended }) => ended))).toEqual(Array(PROGRAMS).fill(0));
    const store = await database.open();
    expect(await store.organizations.list(9)).toHaveLength(PROGRAMS);
    expect(await engine.schemaOf(database)).toEqual(expected);
  });
});
