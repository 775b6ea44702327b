import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type AdmissionFacts,
  admissionFacts,
  admissionRefusal,
  admit,
} from "../../../src/control-plane/executors/admission.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { tempDir } from "../../support/temp-dir.ts";

const acme = { id: "org-a", name: "Acme", slug: "acme" };
const key = { id: "K", name: "prod", organization: acme, target: null, lineageId: "L" };
const target = (id: string) => ({ id, name: id, isDeleted: false });
const executor = { id: "E", kind: "agent", keyId: null, lineageId: null };
const nobody = { executor: undefined, target: undefined };
const serving = { ...nobody, executor: { id: "F", name: "F" } };
const elsewhere = { ...executor, keyId: "K0", lineageId: "L0" };
const facts: AdmissionFacts = {
  executorName: "E",
  expectedOrganizationId: undefined,
  kind: "agent",
  key,
  executor: undefined,
  lineage: undefined,
  enrolled: 0,
  maxEnrolled: 3,
};

describe("admission", () => {
  it.each<[what: string, facts: Partial<AdmissionFacts>, verdict: string]>([
    ["a new executor", {}, "binds"],
    ["a new executor, one below the limit", { enrolled: 2 }, "binds"],
    ["a new executor beyond the limit", { enrolled: 3 }, "key_executor_limit"],
    [
      "an executor of its own beyond the limit",
      { enrolled: 9, executor: { ...executor, keyId: "K" } },
      "bound",
    ],
    [
      "an executor of its lineage beyond the limit",
      { enrolled: 9, executor: { ...executor, lineageId: "L" } },
      "binds",
    ],
    ["an executor whose key was deleted", { executor, lineage: nobody }, "binds"],
    [
      "an executor whose key was deleted, with a key that serves another",
      { executor, lineage: serving },
      "key_held_by_other_executor",
    ],
    [
      "an executor whose key was deleted, with its successor, which serves another too",
      { executor: { ...executor, lineageId: "L" }, lineage: serving },
      "binds",
    ],
    ["an executor bound to the key", { executor: { ...executor, keyId: "K" } }, "bound"],
    ["an expectation that holds", { expectedOrganizationId: "org-a" }, "binds"],
    ["an expectation that does not", { expectedOrganizationId: "org-b" }, "wrong_organization"],
    [
      "the wrong organization before anything else",
      { expectedOrganizationId: "org-b", key: { ...key, target: target("F") }, kind: "operator", executor },
      "wrong_organization",
    ],
    [
      "a target that is another",
      { executor, key: { ...key, target: target("F") } },
      "key_targets_other_executor",
    ],
    [
      "a target while the executor is new",
      { key: { ...key, target: target("F") } },
      "key_targets_other_executor",
    ],
    [
      "a target that was deleted, while the executor is new",
      { key: { ...key, target: { ...target("E0"), name: "E", isDeleted: true } } },
      "target_deleted",
    ],
    [
      "a target that was deleted, though bound",
      { key: { ...key, target: { ...target("F"), isDeleted: true } }, executor: { ...executor, keyId: "K" } },
      "target_deleted",
    ],
    [
      "a target that is another, though bound",
      { executor: { ...executor, keyId: "K" }, key: { ...key, target: target("F") } },
      "key_targets_other_executor",
    ],
    ["another kind", { executor, kind: "operator" }, "kind_mismatch"],
    [
      "another kind, though bound",
      { executor: { ...executor, keyId: "K" }, kind: "operator" },
      "kind_mismatch",
    ],
    [
      "no kind, where nobody syncs",
      { executor: { ...executor, kind: "operator" }, kind: undefined, lineage: nobody },
      "binds",
    ],
    ["a key that serves nobody, on a bound executor", { executor: elsewhere, lineage: nobody }, "binds"],
    [
      "a key that serves another, on a bound executor",
      { executor: elsewhere, lineage: serving },
      "key_held_by_other_executor",
    ],
    [
      "a key whose lineage was made for another, on a bound executor",
      { executor: elsewhere, lineage: { ...nobody, target: target("F") } },
      "key_targets_other_executor",
    ],
    [
      "a key of the same lineage that serves another",
      { executor: { ...elsewhere, lineageId: "L" }, lineage: serving },
      "binds",
    ],
    [
      "a key that targets the executor and serves another",
      { executor: elsewhere, key: { ...key, target: target("E") }, lineage: serving },
      "binds",
    ],
  ])("%s: %o is %s", (_what, given, verdict) => {
    const admission = admit({ ...facts, ...given });
    const seen = admission.kind === "refused" ? admission.reason : admission.isBound ? "bound" : "binds";
    expect(seen).toBe(verdict);
  });

  it("tells the refused executor about the other executor and the two keys", () => {
    const admission = admit({ ...facts, executor: elsewhere, lineage: serving });
    expect(admission).toMatchObject({
      message: expect.stringMatching(/this key, or one .*, serves executor F, and E is bound to another key/),
    });
  });
});

/** "E" is the executor that asks; "F" another one; "gone" was deleted; null: none. */
type Target = "E" | "F" | "gone" | null;

/**
 * Whose key an executor is on: K1 is presented, K2 of its lineage, M of another; "-" where the key
 * was deleted.
 */
type Bound = "K1" | "K2" | "M" | "L-" | "M-" | "?-" | null;

interface State {
  readonly targetOfK1: Target;
  readonly targetOfK2: Target;
  /** Null: there is no such executor. */
  readonly E: Bound;
  readonly F: Bound;
}

const TARGETS: readonly Target[] = ["E", "F", "gone", null];
const BOUND: readonly Bound[] = ["K1", "K2", "M", "L-", "M-", "?-", null];
const LINEAGE: Readonly<Record<string, string | null>> = {
  K1: "L",
  K2: "L",
  M: "M",
  "L-": "L",
  "M-": "M",
  "?-": null,
};

const STATES: readonly State[] = TARGETS.flatMap((targetOfK1) =>
  TARGETS.flatMap((targetOfK2) => BOUND.flatMap((E) => BOUND.map((F) => ({ targetOfK1, targetOfK2, E, F })))),
);

/** The rule in other words than the code's. */
function maySync({ targetOfK1, targetOfK2, E, F }: State): boolean {
  const isThere = (name: Target) => (name === "E" && E !== null) || (name === "F" && F !== null);
  if (E === null) {
    return targetOfK1 === null;
  }
  if (targetOfK1 !== null) {
    return targetOfK1 === "E" && isThere(targetOfK1);
  }
  if (LINEAGE[E] === "L") {
    return true;
  }
  const isUsed = targetOfK2 !== null || (F !== null && LINEAGE[F] === "L");
  return !isUsed;
}

describe("admission by what the database holds", () => {
  it("is the rule, in every state of a lineage and two executors", async () => {
    const path = join(tempDir(), "cp.db");
    const store = openSqliteStore(path);
    onTestFinished(() => store.close());
    await store.transaction(async (transaction) => {
      await transaction.organizations.insert({ ...acme, createdAt: 0 });
      for (const [id, lineageId] of [
        ["K1", "L"],
        ["K2", "L"],
        ["M", "M"],
      ] as const) {
        const dates = { createdAt: 0, expiresAt: null };
        const hash = id.padEnd(43, "h");
        const made = {
          id,
          name: id,
          hash,
          start: "exc_aa",
          organizationId: acme.id,
          lineageId,
          target: null,
        };
        await transaction.keys.insert({ ...made, ...dates });
      }
    });
    using database = new DatabaseSync(path);
    expect(STATES).toHaveLength(784);
    const wrong: unknown[] = [];
    for (const state of STATES) {
      enter(database, state);
      const admission = await store.transaction(async (transaction) => {
        const presented = await transaction.keys.byId("K1");
        if (presented === undefined) {
          throw new Error("there is no key");
        }
        const reads = { executors: transaction.executors, lineages: transaction.executors };
        const claim = { executorName: "E", expectedOrganizationId: undefined, kind: "agent" };
        return admit(await admissionFacts(reads, presented, claim, 100));
      });
      if ((admission.kind === "admitted") !== maySync(state)) {
        wrong.push({ state, admission });
      }
    }
    expect(wrong).toEqual([]);
  });
});

function enter(database: DatabaseSync, { targetOfK1, targetOfK2, E, F }: State): void {
  database.exec("begin immediate; delete from executor");
  const insert = database.prepare(`insert into executor
    (id, organizationId, name, kind, version, channel, hostName, capabilities, resources, createdAt, keyId, lineageId)
    values (?, 'org-a', ?, 'agent', '1', 'stable', 'h', '{}', '{}', 0, ?, ?)`);
  for (const [name, bound] of Object.entries({ E, F })) {
    if (bound !== null) {
      insert.run(name, name, bound.endsWith("-") ? null : bound, LINEAGE[bound] ?? null);
    }
  }
  const aim = database.prepare(
    "update executorKey set targetExecutorId = ?1, targetName = ?1 where keyId = ?2",
  );
  aim.run(targetOfK1, "K1");
  aim.run(targetOfK2, "K2");
  database.exec("commit");
}

describe("what is asked and told beside the verdict", () => {
  it("an executor that exists is looked up once, and its lineage only if another key takes it over", async () => {
    const asked: string[] = [];
    const found = { ...executor, name: "E", damaged: [], keyId: "K" };
    const reads = (bound: typeof found | undefined) => ({
      executors: {
        bound: async () => {
          asked.push("bound");
          return bound;
        },
      },
      lineages: {
        enrolledCount: async () => {
          asked.push("enrolled");
          return 2;
        },
        lineageUse: async () => {
          asked.push("lineage");
          return nobody;
        },
      },
    });
    const presented = {
      ...key,
      fingerprint: "f",
      createdAt: 0,
      expiresAt: null,
      isEnabled: true,
      revokedAt: null,
      revokesAt: null,
      damaged: [],
    };
    const claim = { executorName: "E", expectedOrganizationId: undefined, kind: "agent" };
    const factsOf = (bound: typeof found | undefined) => admissionFacts(reads(bound), presented, claim, 3);
    expect(await factsOf(found)).toMatchObject({ enrolled: 0, lineage: undefined });
    expect(asked.splice(0)).toEqual(["bound"]);
    expect(await factsOf({ ...found, keyId: "K0" })).toMatchObject({ enrolled: 0, lineage: nobody });
    expect(asked.splice(0)).toEqual(["bound", "lineage"]);
    expect(await factsOf(undefined)).toMatchObject({ enrolled: 2, lineage: undefined });
    expect(asked).toEqual(["bound", "enrolled"]);
  });

  it("only a key of the wrong organization is told whose it is", () => {
    const told = (reason: "wrong_organization" | "kind_mismatch") =>
      admissionRefusal(key, { kind: "refused", reason, message: "m" });
    expect(told("wrong_organization")).toMatchObject({
      httpStatus: 403,
      message: "m",
      refusal: { organization: "acme" },
    });
    expect(told("kind_mismatch").refusal).toEqual({});
  });
});
