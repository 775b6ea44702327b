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

/** A document that may be executed, or why it may not. */
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

/** Parses, measures and validates a document once: the page sends the same few for ever. The oldest makes room. */
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
    // What is refused is not worth a place.
    if (fresh.kind === "valid") {
      this.prepared.set(source, fresh);
    }
    return fresh;
  }

  /**
   * The request's answer; `document` is prepared, and the caller may have it. What is resolved by a function waits for
   * its turn in `reads`; left out, it waits for nobody.
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

/** As graphql-js resolves a field, a function in its turn. */
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
