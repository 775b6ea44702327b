import { readFileSync } from "node:fs";
import {
  buildSchema,
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  parse,
  validate,
} from "graphql";
import { ApiError, ApiErrorCode } from "../../api-error.ts";
import { documentExcess } from "./document-limits.ts";
import type { GraphqlRequest } from "./graphql-request.ts";
import type { QueryReads } from "./query-reads.ts";
import { defineTimestamp } from "./timestamp-scalar.ts";

const MAX_CACHED = 100;
const MAX_CHARACTERS = 16_384;
const MAX_TOKENS = 2000;

/** A document that may be executed, or the reason why not. */
type PreparedDocument =
  | { readonly kind: "valid"; readonly document: DocumentNode }
  | { readonly kind: "invalid"; readonly document: DocumentNode | undefined; readonly error: ApiError };

export function loadSchema(): GraphQLSchema {
  const schema = buildSchema(
    readFileSync(new URL("../../../protocol/schema.graphql", import.meta.url), "utf8"),
  );
  defineTimestamp(schema);
  return schema;
}

/**
 * Parses, measures and validates documents, and keeps the latest valid ones: the page sends the
 * same few again and again.
 */
export class GraphqlDocuments {
  private readonly prepared = new Map<string, PreparedDocument>();
  private readonly schema: GraphQLSchema;

  constructor(schema: GraphQLSchema) {
    this.schema = schema;
  }

  prepare(source: string): PreparedDocument {
    const known = this.prepared.get(source);
    if (known !== undefined) {
      return known;
    }
    const fresh = prepare(this.schema, source);
    if (this.prepared.size >= MAX_CACHED) {
      for (const oldest of this.prepared.keys()) {
        this.prepared.delete(oldest);
        break;
      }
    }
    // Refused documents are not kept: they would push out the page's.
    if (fresh.kind === "valid") {
      this.prepared.set(source, fresh);
    }
    return fresh;
  }

  /**
   * Executes a prepared document that the caller may use. Each field that a function resolves waits
   * for its turn in `reads`; without `reads` nothing waits.
   */
  async execute(
    document: DocumentNode,
    request: Omit<GraphqlRequest, "query">,
    rootValue: unknown,
    reads?: QueryReads,
  ): Promise<ExecutionResult> {
    return execute({
      schema: this.schema,
      document,
      rootValue,
      variableValues: request.variables,
      operationName: request.operationName,
      ...(reads === undefined ? {} : { fieldResolver: inTurn(reads) }),
      options: { maxCoercionErrors: 5 },
      hideSuggestions: true,
    });
  }
}

/** graphql-js's own field resolver, except that functions run in their turn. */
function inTurn(reads: QueryReads): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    const isObject = typeof source === "object" && source !== null && info.fieldName in source;
    const isRead = isObject && typeof Reflect.get(source, info.fieldName) === "function";
    const resolve = () => defaultFieldResolver(source, args, context, info);
    return isRead ? reads.take(resolve) : resolve();
  };
}

function prepare(schema: GraphQLSchema, source: string): PreparedDocument {
  if (source.length > MAX_CHARACTERS) {
    return invalid(ApiErrorCode.badUserInput, `the document is longer than ${MAX_CHARACTERS} characters`);
  }
  let document: DocumentNode;
  try {
    document = parse(source, { maxTokens: MAX_TOKENS, noLocation: true });
  } catch (error) {
    if (!(error instanceof GraphQLError)) {
      throw error;
    }
    return invalid(ApiErrorCode.parseFailed, error.message);
  }
  const excess = documentExcess(document);
  if (excess !== undefined) {
    return invalid(ApiErrorCode.badUserInput, excess, document);
  }
  const [error] = validate(schema, document, undefined, { maxErrors: 1, hideSuggestions: true });
  if (error !== undefined) {
    return invalid(ApiErrorCode.validationFailed, error.message, document);
  }
  return { kind: "valid", document };
}

function invalid(code: ApiError["code"], message: string, document?: DocumentNode): PreparedDocument {
  return { kind: "invalid", document, error: new ApiError(code, message) };
}
