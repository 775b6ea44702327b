import fc from "fast-check";
import { expect, it } from "vitest";
import { isBehind, nextChange, nextRevision } from "../../../src/control-plane/nodes/change-number.ts";
import { runs } from "../../support/runs.ts";

/** What an executor does with a list: it ignores what is older than what it knows. */
function accepts(
  known: { list: number; revisions: number[] },
  list: number,
  revisions: readonly number[],
): void {
  if (list <= known.list) {
    return;
  }
  known.list = list;
  known.revisions = known.revisions.map((old, node) => Math.max(old, revisions[node] ?? 0));
}

it("an order that is given after a restored backup counts, whenever it was restored", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("order" as const), node: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("sync" as const), node: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("back-up" as const), node: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const), node: fc.constant(0) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const fresh = () => ({
        changeNumber: 3,
        lostChanges: 0,
        nodes: [0, 1, 2].map(() => ({ revision: 1, lostChanges: 0 })),
      });
      let database = fresh();
      let backup = fresh();
      const executor = { list: 0, revisions: [0, 0, 0] };
      let seen: number | null = null;
      const sync = () => {
        // The report comes before the answer, as in a sync.
        seen = executor.list;
        accepts(
          executor,
          database.changeNumber,
          database.nodes.map(({ revision }) => revision),
        );
      };
      for (const { kind, node } of steps) {
        if (kind === "back-up") {
          backup = structuredClone(database);
        } else if (kind === "restore") {
          database = structuredClone(backup);
          sync();
        } else if (kind === "sync") {
          sync();
        } else {
          const next = nextChange(database, seen);
          const ordered = database.nodes[node] ?? { revision: 0, lostChanges: 0 };
          const revision = nextRevision(ordered, next);
          expect(next.changeNumber).toBeGreaterThan(database.changeNumber);
          expect(revision).toBeGreaterThan(ordered.revision);
          Object.assign(database, next);
          Object.assign(ordered, { revision, lostChanges: next.lostChanges });
          // Greater than all that the executor has accepted: it will be followed.
          expect(next.changeNumber).toBeGreaterThan(executor.list);
          expect(revision).toBeGreaterThan(executor.revisions[node] ?? 0);
        }
      }
    }),
    { numRuns: runs(500) },
  );
});

it("nonsense from an executor moves nothing", () => {
  const own = { changeNumber: 5, lostChanges: 0 };
  expect(nextChange(own, Number.MAX_SAFE_INTEGER)).toEqual({ changeNumber: 6, lostChanges: 0 });
  expect(nextChange(own, 3)).toEqual({ changeNumber: 6, lostChanges: 0 });
  expect(nextChange(own, null)).toEqual({ changeNumber: 6, lostChanges: 0 });
  expect(nextChange(own, 9)).toEqual({ changeNumber: 10, lostChanges: 4 });
});

it("a database is behind if the executor has seen more", () => {
  expect([null, 4, 5, 6].map((seen) => isBehind({ changeNumber: 5 }, seen))).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
