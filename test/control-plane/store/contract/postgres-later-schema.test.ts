import { describe, expect, it } from "vitest";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { MIGRATIONS } from "../../../../src/control-plane/store/postgres/migrations/migrations.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { databaseOf } from "../../../support/control-plane/store/engine.ts";
import { fill } from "../../../support/control-plane/store/filled-store.ts";
import { LARGE_READS } from "../../../support/control-plane/store/large-reads.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";

/** Asks everything, with statements that the server keeps. Resolves with the failures. */
async function failedReads(store: Store): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const subject of ["keys", "executors", "nodes", "organizations", "audit", "people"] as const) {
    for (const [method, read] of Object.entries(LARGE_READS[subject])) {
      try {
        await (read as (reader: unknown) => Promise<unknown>)(store[subject]);
      } catch (error) {
        failed.push(`${subject}.${method}: ${error}`);
      }
    }
  }
  return failed;
}

describe.skipIf(lacksPostgres())("the store in PostgreSQL", () => {
  it("reads on while a later program adds a column to each table", { timeout: 120_000 }, async () => {
    const database = await databaseOf(postgresEngine);
    const store = await database.open();
    await fill(database, store);
    expect(await failedReads(store)).toEqual([]);
    const tables = await database.sql(`select tablename from pg_tables where schemaname = 'public'`);
    for (const { tablename } of tables) {
      await database.sql(`alter table "${tablename}" add column later text`);
    }
    expect(await failedReads(store)).toEqual([]);
  });

  it("has migrations that only add, to one table at most, unless they end the support of older programs", () => {
    for (const [n, { statements, oldestProgram }] of MIGRATIONS.entries()) {
      const before = MIGRATIONS[n - 1];
      expect(oldestProgram).toBeGreaterThanOrEqual(before?.oldestProgram ?? 1);
      expect(oldestProgram).toBeLessThanOrEqual(n + 1);
      const altered = new Set(statements.match(/(?<=alter table )\S+/giu));
      if (before !== undefined) {
        expect(altered.size, `entry ${n} alters ${[...altered].join(" and ")}`).toBeLessThanOrEqual(1);
      }
      if (oldestProgram === before?.oldestProgram) {
        expect(statements).not.toMatch(
          /\b(?:drop|rename|truncate|delete from|update|alter column|set not null)\b/iu,
        );
        expect(statements).not.toMatch(/add column [^,;]*not null(?![^,;]*default)/iu);
      }
    }
  });
});
