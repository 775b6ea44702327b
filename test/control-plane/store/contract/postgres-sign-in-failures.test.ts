import { describe, expect, it } from "vitest";
import { KeyedFailures } from "../../../../src/control-plane/people/sign-in/keyed-failures.ts";
import { SignInLimit } from "../../../../src/control-plane/people/sign-in/sign-in-limit.ts";
import { PostgresStore } from "../../../../src/control-plane/store/postgres/store.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { databaseOf } from "../../../support/control-plane/store/engine.ts";
import { ageFailures } from "../../../support/control-plane/store/failure-forms.ts";
import { postgresEngine } from "../../../support/control-plane/store/postgres-engine.ts";

const MINUTE_MS = 60_000;
const MOST = 20_000;

async function limitOn(secret = "a secret") {
  const database = await databaseOf(postgresEngine);
  const store = await database.open();
  if (!(store instanceof PostgresStore)) {
    throw new Error("the store is not in PostgreSQL");
  }
  const limit = new SignInLimit(new KeyedFailures(store.signInFailures, "sign-in", secret));
  const rows = () => database.sql(`select subject, at::text, "isBlocked" from "signInFailure" order by 1`);
  /** Other subjects, with their last failure so many milliseconds ago. */
  const others = (name: string, count: number, ago: number, isBlocked: boolean) =>
    database.sql(
      `insert into "signInFailure" select ? || n, array[(extract(epoch from now()) * 1000)::bigint - ?::bigint + n % 1000],
        ?::boolean from generate_series(1, ?::int) n`,
      ...([name, ago, String(isBlocked), count] as const),
    );
  return { database, store, limit, rows, others };
}

describe.skipIf(lacksPostgres())("failures in PostgreSQL", { timeout: 180_000 }, () => {
  it("have neither accounts nor addresses in their rows, and different ones with another secret", async () => {
    const { database, limit, rows, store } = await limitOn();
    await limit.of("somebody@example.com", "203.0.113.7").begin();
    const before = await rows();
    expect(before).toHaveLength(3);
    expect(JSON.stringify(before)).not.toMatch(/somebody|example|203/);
    await database.sql(`delete from "signInFailure"`);
    if (store instanceof PostgresStore) {
      const other = new SignInLimit(new KeyedFailures(store.signInFailures, "sign-in", "another"));
      await other.of("somebody@example.com", "203.0.113.7").begin();
    }
    const subjects = before.map(({ subject }) => subject);
    expect((await rows()).filter(({ subject }) => subjects.includes(subject))).toEqual([]);
  });

  it("write nothing for an attempt that is blocked", async () => {
    const { limit, rows } = await limitOn();
    for (let n = 0; n < 5; n += 1) {
      await limit.of("a@x", "1.1.1.1").begin();
    }
    const before = await rows();
    expect((await limit.of("a@x", "1.1.1.1").begin()).kind).toBe("limited");
    expect(await rows()).toEqual(before);
  });

  it("are of 20,000 subjects at most, and keep the blocked and the newest longest", async () => {
    const { database, limit, rows, others, store } = await limitOn();
    for (let n = 0; n < 5; n += 1) {
      await limit.of("a@x", "1.1.1.1").begin();
    }
    await ageFailures(database, 14 * MINUTE_MS);
    await others("older", 2000, 5 * MINUTE_MS, false);
    await others("newer", MOST, 2 * MINUTE_MS, false);
    await limit.of("new@x", "2.2.2.2").begin();
    await (store as PostgresStore).prune();
    const names = (await rows()).map(({ subject }) => String(subject));
    expect(names).toHaveLength(MOST);
    expect(names.filter((name) => name.startsWith("older"))).toEqual([]);
    expect((await limit.of("a@x", "1.1.1.1").begin()).kind).toBe("limited");
    for (let n = 0; n < 4; n += 1) {
      expect((await limit.of("new@x", "2.2.2.2").begin()).kind).toBe("allowed");
    }
    expect((await limit.of("new@x", "2.2.2.2").begin()).kind).toBe("limited");
  });

  it("among nothing but blocked ones, count, too", async () => {
    const { limit, others, store } = await limitOn();
    await others("blocked", MOST, 2 * MINUTE_MS, true);
    for (let n = 0; n < 5; n += 1) {
      expect((await limit.of("a@x", "1.1.1.1").begin()).kind).toBe("allowed");
      await (store as PostgresStore).prune();
    }
    expect((await limit.of("a@x", "1.1.1.1").begin()).kind).toBe("limited");
  });

  it("are bounded by the attempts themselves, without a timer, and expire", async () => {
    const { database, limit, rows, others } = await limitOn();
    await others("older", MOST + 5000, 2 * MINUTE_MS, false);
    for (let n = 0; n < 100; n += 1) {
      await limit.of(`${n}@x`, `network ${n}`).begin();
    }
    expect((await rows()).length).toBeLessThanOrEqual(MOST + 300);
    await ageFailures(database, 15 * MINUTE_MS);
    for (let n = 0; n < 100; n += 1) {
      await limit.of(`${n}@y`, `network ${n}`).begin();
    }
    expect((await rows()).length).toBeLessThanOrEqual(300);
  });
});
