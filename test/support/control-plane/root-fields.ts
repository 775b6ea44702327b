import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
} from "graphql";

export const SCHEMA = buildSchema(
  readFileSync(new URL("../../../src/protocol/schema.graphql", import.meta.url), "utf8"),
);

export interface RootField {
  readonly name: string;
  readonly operation: "query" | "mutation";
  readonly field: GraphQLField<unknown, unknown>;
}

/** Every root field of the schema, so that tests include new ones automatically. */
export const ROOT_FIELDS: readonly RootField[] = [
  ...fieldsOf("query", SCHEMA.getQueryType()?.getFields() ?? {}),
  ...fieldsOf("mutation", SCHEMA.getMutationType()?.getFields() ?? {}),
];

/** Values by argument name. Required arguments without a value here become "x" or 0. */
export type ArgumentValues = Readonly<Record<string, unknown>>;

/** A valid document that calls the field and asks for everything two levels deep. */
export function callOf({ name, operation, field }: RootField, values: ArgumentValues): string {
  const given = field.args.flatMap(({ name: argument, type, defaultValue }) => {
    const isRequired = isNonNullType(type) && defaultValue === undefined;
    return isRequired || argument in values ? [`${argument}: ${literal(argument, type, values)}`] : [];
  });
  const args = given.length === 0 ? "" : `(${given.join(", ")})`;
  return `${operation} { ${name}${args} ${selection(field.type, 2)} }`;
}

function literal(name: string, type: GraphQLInputType, values: ArgumentValues): string {
  const inner = isNonNullType(type) ? type.ofType : type;
  const named = getNamedType(inner);
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).filter(
      (field) => isNonNullType(field.type) || field.name in values,
    );
    return `{ ${fields.map((field) => `${field.name}: ${literal(field.name, field.type, values)}`).join(", ")} }`;
  }
  const value = values[name];
  if (isEnumType(named)) {
    return String(value ?? named.getValues()[0]?.name);
  }
  if (value !== undefined) {
    return JSON.stringify(value);
  }
  if (named.name === "Boolean") {
    return "false";
  }
  return ["Int", "Float", "Timestamp"].includes(named.name) ? "0" : '"x"';
}

function selection(type: GraphQLField<unknown, unknown>["type"], depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named) || !("getFields" in named)) {
    return "";
  }
  const fields = Object.values(named.getFields()).flatMap((field) => {
    if (isLeafType(getNamedType(field.type))) {
      return [field.name];
    }
    return depth === 0 ? [] : [`${field.name} ${selection(field.type, depth - 1)}`];
  });
  return `{ __typename ${fields.join(" ")} }`;
}

function fieldsOf(
  operation: RootField["operation"],
  fields: Readonly<Record<string, GraphQLField<unknown, unknown>>>,
): RootField[] {
  return Object.values(fields).map((field) => ({ name: field.name, operation, field }));
}
