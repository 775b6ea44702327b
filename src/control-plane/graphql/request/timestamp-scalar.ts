import { GraphQLError, type GraphQLSchema, isScalarType, Kind } from "graphql";

/** Defines the schema's `Timestamp`: epoch ms as an integer, which may exceed 32 bits. */
export function defineTimestamp(schema: GraphQLSchema): void {
  const type = schema.getType("Timestamp");
  if (!isScalarType(type)) {
    throw new TypeError("schema.graphql has no scalar Timestamp");
  }
  type.serialize = timestamp;
  type.parseValue = timestamp;
  type.parseLiteral = (node) => timestamp(node.kind === Kind.INT ? Number(node.value) : undefined);
}

function timestamp(value: unknown): number {
  // The range of JavaScript's dates (ECMA-262, 21.4.1.1).
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 8.64e15) {
    return value;
  }
  throw new GraphQLError("a Timestamp is an integer: milliseconds since the Unix epoch");
}
