import { parse } from "graphql";
import { describe, expect, it } from "vitest";
import {
  type CallerKind,
  forbiddenRootField,
  mayCall,
  organizationPurpose,
} from "../../../src/control-plane/rights/access.ts";

const CALLERS: readonly CallerKind[] = ["executor", "operator", "visitor", "member", "admin"];

describe("who may call", () => {
  it.each<[field: string, callers: readonly CallerKind[]]>([
    ["syncExecutor", ["executor"]],
    ["viewer", ["visitor", "member", "admin"]],
    ["executors", ["operator", "member", "admin"]],
    ["revokeApiKey", ["operator", "admin"]],
    ["createOrganization", ["operator"]],
    ["noSuchField", []],
    ["constructor", []],
    ["__proto__", []],
  ])("%s: %j", (field, callers) => {
    expect(CALLERS.filter((caller) => mayCall(caller, field))).toEqual(callers);
  });
});

describe("the first field that may not be called", () => {
  it.each<[document: string, caller: CallerKind, field: string | undefined]>([
    ["{ executors { id } }", "member", undefined],
    ["{ executors { id } invitations { id } }", "member", "invitations"],
    ["{ health { id } } mutation { createOrganization { id } }", "admin", "createOrganization"],
    ["query A { viewer { id } } query B { viewer { id } }", "member", undefined],
    [
      "{ ...A } fragment A on Query { ...B } fragment B on Query { invitations { id } }",
      "member",
      "invitations",
    ],
    ["{ __typename }", "executor", undefined],
    ["{ __schema { types { name } } }", "admin", "__schema"],
    ["{ __schema { types { name } } }", "operator", undefined],
    ['{ __type(name: "A") { name } }', "executor", "__type"],
    ["{ noSuchField }", "visitor", undefined],
    ["{ toString }", "visitor", undefined],
    ["fragment A on Query { invitations { id } }", "visitor", undefined],
  ])("of %s for %s is %s", (document, caller, field) => {
    expect(forbiddenRootField(parse(document), caller)).toBe(field);
  });
});

describe("what a document wants of the session's organization", () => {
  it.each<[document: string, purpose: "change" | "look" | undefined]>([
    ["{ viewer { id } }", undefined],
    ["{ __typename }", undefined],
    ["{ executors { id } }", "look"],
    ["{ __typename executors { id } }", "look"],
    ["{ viewer { id } executors { id } }", "look"],
    ["mutation { revokeApiKey { id } }", "change"],
    ["query A { executors { id } } mutation B { revokeApiKey { id } }", "change"],
    ["mutation A { revokeApiKey { id } } query B { executors { id } }", "change"],
    ["query A { viewer { id } } query B { executors { id } }", "look"],
    ["fragment A on Query { executors { id } }", undefined],
    ["{ viewer { id } ...A } fragment A on Query { executors { id } }", "look"],
  ])("%s: %s", (document, purpose) => {
    expect(organizationPurpose(parse(document))).toBe(purpose);
  });
});
