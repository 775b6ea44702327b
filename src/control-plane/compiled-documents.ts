import {
  defaultFieldResolver,
  type ExecutionResult,
  type GraphQLObjectType,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
} from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import { CURRENT_KEY, SYNC_EXECUTOR } from "../protocol/operations.ts";
import type { GraphqlRequest } from "./graphql-request.ts";

/**
 * Several times what an executor sends. graphql-jit notes every mistake in the variables, where graphql-js stops at the
 * fifth: one request of 800 KB held the event loop for 2.8 s (measured).
 */
const MAX_SIZE_BYTES = 8192;

/** Executes its document. Undefined, and nothing done, where the request does not fit it: graphql-js has the words for that. */
export type CompiledDocument = (
  rootValue: unknown,
  request: Omit<GraphqlRequest, "query">,
) => Promise<ExecutionResult | undefined>;

/**
 * The executors' documents as JavaScript functions, by their text. A fleet sends nothing else, and compiled they cost a
 * tenth. None that came over the network is compiled: code is made of our own texts alone.
 */
export function compileExecutorDocuments(schema: GraphQLSchema): ReadonlyMap<string, CompiledDocument> {
  for (const operation of Object.values(OperationTypeNode)) resolveAtRoot(schema.getRootType(operation));
  return new Map([SYNC_EXECUTOR, CURRENT_KEY].map((source) => [source, compile(schema, source)]));
}

/** What graphql-js does unasked, compiled documents do where a resolver is named: they call the root value's methods. */
function resolveAtRoot(type: GraphQLObjectType | null | undefined): void {
  for (const field of Object.values(type?.getFields() ?? {})) field.resolve = defaultFieldResolver;
}

function compile(schema: GraphQLSchema, source: string): CompiledDocument {
  const document = parse(source, { noLocation: true });
  const name = getOperationAST(document)?.name?.value;
  const compiled = compileQuery(schema, document);
  if (!isCompiledQuery(compiled)) throw new TypeError("a document of src/protocol does not fit the schema");
  return async (rootValue, { variables, operationName, sizeBytes }) => {
    if (sizeBytes > MAX_SIZE_BYTES) return undefined;
    if (operationName !== undefined && operationName !== name) return undefined;
    const result = await compiled.query(rootValue, undefined, variables);
    // Without a path no resolver was reached.
    return result.errors?.some(({ path }) => path === undefined) === true ? undefined : result;
  };
}
