import { describe, expect, it } from "vitest";
import { type AdmissionFacts, admit } from "../../src/control-plane/admission.ts";

const acme = { id: "org-a", name: "Acme", slug: "acme" };
const key = { id: "K", name: "prod", organization: acme, target: null, lineageId: "L" };
const target = (id: string) => ({ id, name: id });
const boundTo = (id: string, lineageId: string) => ({ id, name: id, fingerprint: "00000000", lineageId });
const executor = { id: "E", kind: "agent", key: null };
const other = { id: "F", name: "F" };
const facts: AdmissionFacts = {
  executorName: "E",
  expectedOrganizationId: undefined,
  kind: "agent",
  key,
  executor: undefined,
  otherExecutor: undefined,
};

describe("admission", () => {
  it.each<[what: string, facts: Partial<AdmissionFacts>, verdict: string]>([
    ["a new executor", {}, "binds"],
    ["a new executor, with a key that serves another", { otherExecutor: other }, "binds"],
    ["an executor bound to nothing", { executor }, "binds"],
    [
      "an executor bound to nothing, with a key that serves another",
      { executor, otherExecutor: other },
      "binds",
    ],
    ["an executor bound to the key", { executor: { ...executor, key: boundTo("K", "L") } }, "bound"],
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
      "a target that is another, though bound",
      { executor: { ...executor, key: boundTo("K", "L") }, key: { ...key, target: target("F") } },
      "key_targets_other_executor",
    ],
    ["another kind", { executor, kind: "operator" }, "kind_mismatch"],
    [
      "another kind, though bound",
      { executor: { ...executor, key: boundTo("K", "L") }, kind: "operator" },
      "kind_mismatch",
    ],
    [
      "no kind, where nobody syncs",
      { executor: { ...executor, kind: "operator" }, kind: undefined },
      "binds",
    ],
    [
      "a key that serves nobody, on a bound executor",
      { executor: { ...executor, key: boundTo("K0", "L0") } },
      "binds",
    ],
    [
      "a key that serves another, on a bound executor",
      { executor: { ...executor, key: boundTo("K0", "L0") }, otherExecutor: other },
      "key_held_by_other_executor",
    ],
    [
      "a key of the same lineage that serves another",
      { executor: { ...executor, key: boundTo("K0", "L") }, otherExecutor: other },
      "binds",
    ],
    [
      "a key that targets the executor and serves another",
      {
        executor: { ...executor, key: boundTo("K0", "L0") },
        key: { ...key, target: target("E") },
        otherExecutor: other,
      },
      "binds",
    ],
  ])("%s: %o is %s", (_what, given, verdict) => {
    const admission = admit({ ...facts, ...given });
    const seen = admission.kind === "refused" ? admission.reason : admission.isBound ? "bound" : "binds";
    expect(seen).toBe(verdict);
  });

  it("names the other executor and both keys to the one that is refused", () => {
    const bound = { ...executor, key: boundTo("K0", "L0") };
    const admission = admit({ ...facts, executor: bound, otherExecutor: other });
    expect(admission).toMatchObject({
      message: expect.stringMatching(/key K serves executor F, and E is bound to key K0/),
    });
  });
});
