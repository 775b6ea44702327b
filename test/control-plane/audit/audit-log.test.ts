import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { AuditPage, NewAuditEvent } from "../../../src/control-plane/store/contract/audit.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { tempDir } from "../../support/temp-dir.ts";

const ALL: AuditPage = {
  limit: 500,
  before: null,
  after: null,
  action: null,
  actor: null,
  target: null,
  from: null,
  to: null,
};

async function logOf(events: readonly Partial<NewAuditEvent>[]) {
  const store = openSqliteStore(join(tempDir(), "cp.db"));
  onTestFinished(() => store.close());
  const written = events.map(
    (event, n): NewAuditEvent => ({
      id: `e${n}`,
      organizationId: "acme",
      at: n,
      actor: "Olga <olga@example.com>",
      actorId: null,
      action: "api_key.created",
      targetType: "api_key",
      targetId: `k${n}`,
      targetName: "prod",
      details: "{}",
      source: "page",
      ...event,
    }),
  );
  await store.transaction(async (transaction) => {
    for (const event of written) {
      await transaction.audit.insert(event);
    }
  });
  const ids = async (page: Partial<AuditPage>) =>
    (await store.audit.events("acme", { ...ALL, ...page })).map(({ id }) => id);
  return { store, written, ids };
}

/** What the filters mean, without an index. */
function expected(events: readonly NewAuditEvent[], page: AuditPage): string[] {
  const has = (whole: string, part: string | null) =>
    part === null || whole.toLowerCase().includes(part.toLowerCase());
  const newest = events
    .map((event, sequence) => ({ event, sequence }))
    .toSorted((one, other) => other.event.at - one.event.at || other.sequence - one.sequence)
    .map(({ event }) => event)
    .filter(({ organizationId }) => organizationId === "acme");
  const start = page.before === null ? 0 : newest.findIndex(({ id }) => id === page.before) + 1;
  const end = page.after === null ? newest.length : newest.findIndex(({ id }) => id === page.after);
  const found = newest
    .slice(start, end)
    .filter((event) => page.action === null || event.action === page.action)
    .filter((event) => has(event.actor, page.actor))
    .filter((event) => page.from === null || event.at >= page.from)
    .filter((event) => page.to === null || event.at < page.to)
    .filter(
      ({ targetId, targetName }) =>
        page.target === null ||
        targetId === page.target ||
        targetName.toLowerCase().startsWith(page.target.toLowerCase()),
    )
    .map(({ id }) => id);
  return page.after === null ? found.slice(0, page.limit) : found.slice(-page.limit);
}

it("answers every combination of filters, page by page, as a search of everything would", async () => {
  const people = [
    "Olga <olga@example.com>",
    "Ömer <o@example.com>",
    "local operator",
    "OLGA <other@example.com>",
  ];
  const actions = ["api_key.created", "api_key.revoked", "member.removed"];
  const names = ["prod", "Prod 260601", "production", "100%_[x]*", "staging"];
  const { store, written } = await logOf(
    Array.from({ length: 300 }, (_, n) => ({
      // Some at the same moment, and a clock that was set back once.
      at: n < 200 ? Math.floor(n / 3) : 30 + Math.floor(n / 5),
      actor: people[(n * 7) % 4] ?? "",
      action: actions[(n * 5) % 3] ?? "",
      targetName: names[(n * 3) % 5] ?? "",
      targetId: `k${n % 11}`,
      organizationId: n % 10 === 9 ? "bravo" : "acme",
    })),
  );
  const filters = {
    action: [null, "api_key.revoked", "nothing"],
    actor: [null, "olga", "operator", "nobody", "öMER"],
    target: [null, "prod", "PROD 26", "k3", "100%_[x]*", "zzz"],
    from: [null, 40],
    to: [null, 60],
  };
  let compared = 0;
  for (const action of filters.action) {
    for (const actor of filters.actor) {
      for (const target of filters.target) {
        for (const from of filters.from) {
          for (const to of filters.to) {
            for (let before: string | null = null; ; compared += 1) {
              const limit = from === null ? 40 : 3;
              const page: AuditPage = { limit, before, after: null, action, actor, target, from, to };
              const found = (await store.audit.events("acme", page)).map(({ id }) => id);
              expect({ page, found }).toEqual({ page, found: expected(written, page) });
              if (before !== null) {
                const previous: AuditPage = { ...page, before: null, after: before };
                const back = (await store.audit.events("acme", previous)).map(({ id }) => id);
                expect({ previous, back }).toEqual({ previous, back: expected(written, previous) });
              }
              const last = found.at(-1);
              if (last === undefined) {
                break;
              }
              before = last;
            }
          }
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(150);
});

it("finds a name and its rotations, or an id, where very many names begin alike", async () => {
  const { ids } = await logOf([
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
    Array.from({ length: 2500 }, (_, n) => ({ actor: `Person ${n} <p${n}@example.com>` })),
  );
  expect(await ids({ actor: "p2499@" })).toEqual(["e2499"]);
  expect(await ids({ actor: "example", limit: 2 })).toEqual(["e2499", "e2498"]);
});

it("goes through the events of hundreds of actors page by page and back, as they were written", async () => {
  const { written, ids } = await logOf(
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
      expect(found).toEqual(expected(written, { ...filter, limit: 5000 }));
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
  const { ids } = await logOf([{ organizationId: "bravo" }, {}, {}]);
  expect(await ids({ before: "none" })).toEqual([]);
  expect(await ids({ before: "e0" })).toEqual([]);
  expect(await ids({ before: "e2" })).toEqual(["e1"]);
  expect(await ids({ after: "none" })).toEqual([]);
  expect(await ids({ after: "e0" })).toEqual([]);
  expect(await ids({ after: "e1" })).toEqual(["e2"]);
});
