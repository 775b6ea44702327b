import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditPage, NewAuditEvent } from "../../../../src/control-plane/store/contract/audit.ts";
import type { Store } from "../../../../src/control-plane/store/contract/store.ts";
import { databaseOf, type StoreEngine, storeOf } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { contains, pageOf } from "../../../support/control-plane/store/list-model.ts";
import { newEvent } from "../../../support/control-plane/store/new-records.ts";
import { runs } from "../../../support/runs.ts";

const ALL: AuditPage = {
  limit: 5000,
  before: null,
  after: null,
  action: null,
  actor: null,
  target: null,
  from: null,
  to: null,
};
const WRITERS = 8;
const EVENTS_OF_EACH = 25;

async function write(store: Store, events: readonly NewAuditEvent[]): Promise<void> {
  await store.transaction(async ({ audit }) => {
    for (const event of events) {
      await audit.insert(event);
    }
  });
}

/** A log of these events, as they were written. */
async function logOf(engine: StoreEngine, events: readonly Partial<NewAuditEvent>[]) {
  const store = await storeOf(engine);
  const written = events.map((event, n) => newEvent(`e${n}`, { at: n, targetId: `k${n}`, ...event }));
  await write(store, written);
  const ids = async (page: Partial<AuditPage>) =>
    (await store.audit.events("acme", { ...ALL, ...page })).map(({ id }) => id);
  return { store, written, ids };
}

/** The ids of a page, as a search of everything finds them. */
function expected(written: readonly NewAuditEvent[], page: AuditPage): readonly string[] {
  const { action, actor, target, from, to } = page;
  const all = written.filter(({ organizationId }) => organizationId === "acme");
  const found = all.filter(
    (event) =>
      (action === null || event.action === action) &&
      (actor === null || contains(event.actor, actor)) &&
      (from === null || event.at >= from) &&
      (to === null || event.at < to) &&
      (target === null ||
        event.targetId === target ||
        event.targetName.toLowerCase().startsWith(target.toLowerCase())),
  );
  return pageOf(all, found, (one, other) => one.at - other.at, { ...page, isDescending: true });
}

const ACTORS = [
  "Olga <olga@example.com>",
  "Ömer <o@example.com>",
  "local operator",
  "OLGA <x@example.com>",
  "%_<a@b>",
];
const ACTIONS = ["api_key.created", "api_key.revoked", "member.removed"];
const NAMES = [
  "prod",
  "Prod 260601",
  "production",
  "100%_[x]*",
  "staging",
  "Ärger",
  "ärgerlich",
  "日本",
  "a\\b'c",
];

/** Some at the same moment, and a clock that was set back once. */
const VARIED = Array.from({ length: 300 }, (_, n) =>
  newEvent(`e${n}`, {
    at: n < 200 ? Math.floor(n / 3) : 30 + Math.floor(n / 5),
    actor: ACTORS[(n * 7) % ACTORS.length] ?? "",
    action: ACTIONS[(n * 5) % ACTIONS.length] ?? "",
    targetName: NAMES[(n * 4) % NAMES.length] ?? "",
    targetId: `k${n % 11}`,
    organizationId: n % 10 === 9 ? "bravo" : "acme",
  }),
);

const orNull = (...values: readonly string[]) =>
  fc.option(fc.constantFrom(...values), { nil: null, freq: 2 });
const filters = fc.record({
  action: orNull("api_key.revoked", "api_key.created", "nothing", "%"),
  actor: orNull("olga", "operator", "nobody", "öMER", "%", "_", "example"),
  target: orNull("prod", "PROD 26", "k3", "K3", "100%_[x]*", "%", "_", "är", "ÄRGER", "日", "A\\B'", "zzz"),
  from: fc.constantFrom(null, 0, 40),
  to: fc.constantFrom(null, 40, 60),
  limit: fc.constantFrom(1, 3, 40, 500),
});

describe.each(engines)("the audit log in $name", (engine) => {
  describe("of many events", () => {
    let store: Store;
    beforeAll(async () => {
      const database = await engine.newDatabase();
      store = await database.open();
      await write(store, VARIED);
      return () => database.remove();
    });

    it("answers every filter, from any place and either way, as a search of everything would", async () => {
      const cursors = fc.record({
        cursor: fc.constantFrom("before", "after", null),
        at: fc.nat(VARIED.length - 1),
      });
      await fc.assert(
        fc.asyncProperty(filters, cursors, async (filter, { cursor, at }) => {
          const place = VARIED[at - (at % 10 === 9 ? 1 : 0)]?.id ?? null;
          const page: AuditPage = {
            ...filter,
            before: cursor === "before" ? place : null,
            after: cursor === "after" ? place : null,
          };
          const found = (await store.audit.events("acme", page)).map(({ id }) => id);
          expect(found).toEqual(expected(VARIED, page));
        }),
        { numRuns: runs(500) },
      );
    });

    it("is exported in the order of writing, whatever the organization and the time", async () => {
      const ids: string[] = [];
      for (let number = 0; ; ) {
        const page = await store.audit.eventsAfter(number, 70);
        ids.push(...page.map(({ event }) => event.id));
        const last = page.at(-1);
        if (last === undefined) {
          break;
        }
        number = last.number;
      }
      expect(ids).toEqual(VARIED.map(({ id }) => id));
    });
  });

  it("finds a name and its rotations, or an id, where very many names begin alike", async () => {
    const { ids } = await logOf(engine, [
      ...Array.from({ length: 300 }, (_, n) => ({ targetName: `prod ${n}x` })),
      { targetName: "PROD" },
      { targetName: "prod 260601" },
      { targetName: "prod-2 260601" },
      { targetName: "staging", targetId: "prod" },
    ]);
    expect(await ids({ target: "prod" })).toEqual(["e303", "e301", "e300"]);
    expect(await ids({ target: "prod 29" })).toHaveLength(11);
  });

  it("finds an actor among thousands of them", async () => {
    const { ids } = await logOf(
      engine,
      Array.from({ length: 2500 }, (_, n) => ({ actor: `Person ${n} <p${n}@example.com>` })),
    );
    expect(await ids({ actor: "p2499@" })).toEqual(["e2499"]);
    expect(await ids({ actor: "example", limit: 2 })).toEqual(["e2499", "e2498"]);
  });

  it("goes through the events of hundreds of actors page by page and back, as they were written", async () => {
    const { written, ids } = await logOf(
      engine,
      Array.from({ length: 1500 }, (_, n) => ({
        // One is busy, most act once, and many do at the same moment.
        actor: n % 3 === 0 ? "Busy <p@example.com>" : `Person ${n % 700} <p${n}@example.com>`,
        action: n % 2 === 0 ? "api_key.created" : "api_key.revoked",
        at: Math.floor(n / 40),
      })),
    );
    for (const action of [null, "api_key.revoked"]) {
      for (const actor of ["EXAMPLE", "person 6"]) {
        const filter = { ...ALL, action, actor };
        const found: string[] = [];
        for (let before: string | null = null; ; before = found.at(-1) ?? null) {
          const page = await ids({ action, actor, before, limit: 70 });
          if (page.length === 0) {
            break;
          }
          found.push(...page);
        }
        expect(found).toEqual(expected(written, filter));
        const back: string[] = [];
        for (let after = found.at(-1) ?? null; ; after = back[0] ?? null) {
          const page = await ids({ action, actor, after, limit: 70 });
          if (page.length === 0) {
            break;
          }
          back.unshift(...page);
        }
        expect(back).toEqual(found.slice(0, -1));
      }
    }
  });

  it("answers nothing beside an event that is not there, or is another organization's", async () => {
    const { ids } = await logOf(engine, [{ organizationId: "bravo" }, {}, {}]);
    expect(await ids({ before: "none" })).toEqual([]);
    expect(await ids({ before: "e0" })).toEqual([]);
    expect(await ids({ before: "e2" })).toEqual(["e1"]);
    expect(await ids({ after: "none" })).toEqual([]);
    expect(await ids({ after: "e0" })).toEqual([]);
    expect(await ids({ after: "e1" })).toEqual(["e2"]);
  });

  it("never changes, whoever tries", async () => {
    const database = await databaseOf(engine);
    const store = await database.open();
    await write(store, [newEvent("a")]);
    for (const statement of [`update "auditEvent" set "actor" = 'nobody'`, `delete from "auditEvent"`]) {
      await expect(database.sql(statement)).rejects.toThrow(/audit events never change/);
    }
    expect(await store.audit.eventsAfter(0, 9)).toMatchObject([{ event: newEvent("a") }]);
  });

  it("is written in one order by all: who goes on after a number misses nothing", async () => {
    const database = await databaseOf(engine);
    const stores = [await database.open(), await database.open()] as const;
    // A second event with its ID fails.
    await write(stores[0], [newEvent("first")]);
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; n < EVENTS_OF_EACH; n += 1) {
        // Some transactions write more than one, and some fail.
        const events = [`${writer} ${n} a`, `${writer} ${n} b`]
          .slice(0, 1 + (n % 2))
          .map((id) => newEvent(id));
        const store = stores[writer % 2 === 0 ? 0 : 1];
        await write(store, n % 5 === 4 ? [...events, newEvent("first")] : events).catch(() => undefined);
      }
    });
    let isOver = false;
    const seen: { id: string; number: number }[] = [];
    const reader = async () => {
      for (let isLast = false; !isLast; ) {
        isLast = isOver;
        const page = await stores[0].audit.eventsAfter(seen.at(-1)?.number ?? 0, 7);
        seen.push(...page.map(({ number, event }) => ({ number, id: event.id })));
        isLast &&= page.length === 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const reading = reader();
    await Promise.all(writers);
    isOver = true;
    await reading;
    const numbers = seen.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
    const stored = await stores[1].audit.events("acme", ALL);
    expect(seen.map(({ id }) => id).toSorted()).toEqual(stored.map(({ id }) => id).toSorted());
    expect(stored).toHaveLength(1 + WRITERS * 0.8 * EVENTS_OF_EACH + WRITERS * 10);
  });
});
