import { KeyedFailures } from "../../../../src/control-plane/people/sign-in/keyed-failures.ts";
import { MemoryFailures } from "../../../../src/control-plane/people/sign-in/memory-failures.ts";
import type { SignInFailures } from "../../../../src/control-plane/store/contract/sign-in-failures.ts";
import { lacksPostgres } from "../postgres.ts";
import { postgresEngine } from "./postgres-engine.ts";

/** A way to keep failed attempts, with its clock in the hands of the test. */
interface FailureForm {
  readonly name: string;
  open(): Promise<OpenFailures>;
}

export interface OpenFailures {
  /** With nothing in it. */
  empty(): Promise<SignInFailures>;
  /** Lets so many milliseconds pass. */
  pass(ms: number): Promise<void>;
  /** How many subjects are remembered. */
  size(): Promise<number>;
  close(): Promise<void>;
}

const memory: FailureForm = {
  name: "in memory",
  async open() {
    let now = 1_000_000;
    let failures = new MemoryFailures(() => now);
    return {
      async empty() {
        failures = new MemoryFailures(() => now);
        return failures;
      },
      async pass(ms) {
        now += ms;
      },
      size: async () => failures.size,
      close: async () => undefined,
    };
  },
};

const postgres: FailureForm = {
  name: "in PostgreSQL, through two control planes in turn",
  async open() {
    const database = await postgresEngine.newDatabase();
    const stores = [await database.open(), await database.open()];
    const each = stores.map(({ signInFailures }) => {
      if (signInFailures === undefined) {
        throw new Error("the store has no failures");
      }
      return new KeyedFailures(signInFailures, "test", "a secret that all control planes have");
    });
    let turn = 0;
    const next = () => {
      turn += 1;
      return each[turn % each.length] ?? Promise.reject(new Error("there are none"));
    };
    const failures: SignInFailures = {
      find: async (subjects) => (await next()).find(subjects),
      change: async (subjects, decide) => (await next()).change(subjects, decide),
    };
    return {
      async empty() {
        await database.sql(`delete from "signInFailure"`);
        return failures;
      },
      pass: (ms) => ageFailures(database, ms),
      async size() {
        const [row] = await database.sql(`select count(*)::int as count from "signInFailure"`);
        return Number(row?.["count"]);
      },
      close: () => database.remove(),
    };
  },
};

/** As if they were older: the server's clock is not a test's to set. */
export async function ageFailures(
  { sql }: { sql(text: string, ms: number): Promise<unknown> },
  ms: number,
): Promise<void> {
  await sql(
    `update "signInFailure" set at = array(select each - ?::bigint from unnest(at) each order by 1)`,
    ms,
  );
}

export const failureForms: readonly FailureForm[] = [memory, ...(lacksPostgres() ? [] : [postgres])];
