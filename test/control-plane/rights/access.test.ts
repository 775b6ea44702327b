import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from "graphql";
import { describe, expect, it } from "vitest";
import { ROOT_FIELD_AUDIENCE } from "../../../src/control-plane/rights/access.ts";
import { startServer } from "../../support/control-plane/control-plane-server.ts";

const schema = buildSchema(
  readFileSync(new URL("../../../src/protocol/schema.graphql", import.meta.url), "utf8"),
);
const roots = [
  ...Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => ({ operation: "query", field })),
  ...Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => ({
    operation: "mutation",
    field,
  })),
];
const management = roots.filter(({ field }) => ROOT_FIELD_AUDIENCE[field.name] !== "executor-key");

/** A valid call of the field, with an argument for everything required. */
function call(field: GraphQLField<unknown, unknown>): string {
  const required = field.args.filter(
    ({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined,
  );
  const given = required.map(({ name, type }) => `${name}: ${literal(type)}`);
  const args = given.length === 0 ? "" : `(${given.join(", ")})`;
  return `${field.name}${args} { __typename }`;
}

function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) {
    return literal(type.ofType);
  }
  if (isListType(type)) {
    return "[]";
  }
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).filter((field) => isNonNullType(field.type));
    return `{ ${fields.map((field) => `${field.name}: ${literal(field.type)}`).join(", ")} }`;
  }
  return '"x"';
}

describe("access", () => {
  it("has a rule for every root field of the schema, and for nothing else", () => {
    expect(Object.keys(ROOT_FIELD_AUDIENCE).sort()).toEqual(roots.map(({ field }) => field.name).sort());
  });

  it("gives an executor key its three operations and no more", () => {
    const own = Object.entries(ROOT_FIELD_AUDIENCE).filter(([, audience]) => audience === "executor-key");
    expect(own.map(([name]) => name).sort()).toEqual(["currentKey", "signOffExecutor", "syncExecutor"]);
  });

  it("knows that the schema has no subscription", () => {
    expect(schema.getSubscriptionType()).toBeFalsy();
  });

  it.each(management.map(({ operation, field }) => [field.name, operation, field] as const))(
    "refuses %s over TCP, under an alias, in fragments, and beside an operation that is allowed",
    async (name, operation, field) => {
      const server = await startServer();
      await server.createOrganization("acme");
      const { secret } = await server.createKey();
      const type = operation === "query" ? "Query" : "Mutation";
      const documents = [
        `${operation} { ${call(field)} }`,
        `${operation} { currentKey: ${call(field)} }`,
        `${operation} { ... on ${type} { ${call(field)} } }`,
        `${operation} { ...A } fragment A on ${type} { ...B } fragment B on ${type} { ${call(field)} }`,
        `${operation} { __typename ${call(field)} }`,
        `${operation} { ... on ${type} @skip(if: true) { ${call(field)} } __typename }`,
        `${operation} { ${name} }`,
        `query { __typename } ${operation} Hidden { ${call(field)} }`,
      ];
      for (const document of documents) {
        const answer = await server.post(secret, document);
        expect({ document, ...answer }).toMatchObject({
          document,
          status: 403,
          code: "FORBIDDEN",
          reason: "operation_not_allowed",
        });
        expect(answer.text).toContain('"originalError":{"message"');
        expect(answer.text).toContain('"statusCode":403');
      }
      expect(await server.post(undefined, `${operation} { ${call(field)} }`)).toMatchObject({
        status: 401,
        reason: "malformed",
      });
      expect((await server.auditEvents()).map(({ action }) => action)).toEqual(["api_key.created"]);
    },
  );

  it("has introspection off over TCP, and on over the management socket", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    for (const document of [
      "{ __schema { types { name } } }",
      '{ __type(name: "ApiKey") { name } }',
      "{ ...A } fragment A on Query { __schema { types { name } } }",
    ]) {
      expect(await server.post(secret, document)).toMatchObject({
        status: 403,
        reason: "operation_not_allowed",
      });
    }
    expect((await server.manage("{ __schema { queryType { name } } }")).data).toEqual({
      __schema: { queryType: { name: "Query" } },
    });
    expect((await server.post(secret, "{ __typename }")).data).toEqual({ __typename: "Query" });
  });

  it("does not name fields in answers about fields that do not exist", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    const answer = await server.post(secret, "{ apiKez }");
    expect(answer).toMatchObject({ code: "GRAPHQL_VALIDATION_FAILED" });
    expect(answer.text).not.toContain("apiKeys");
  });

  it("refuses operators the operations of executors", async () => {
    const server = await startServer();
    expect(await server.manage('{ currentKey(input: { executorName: "x" }) { key { id } } }')).toMatchObject({
      status: 403,
      reason: "operation_not_allowed",
    });
  });
});
