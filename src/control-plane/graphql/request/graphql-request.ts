import * as z from "zod";
import { badInput } from "../../api-error.ts";

/** The parameters of a request (GraphQL over HTTP, 5.1). */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
}

const requestBody = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

/**
 * Decodes a body. The message of its BAD_USER_INPUT never quotes it, since it may hold a secret.
 */
export function parseGraphqlRequest(text: string): GraphqlRequest {
  const result = requestBody.safeParse(parseJson(text));
  if (!result.success) {
    throw badInput("the body is not a GraphQL request: send an object with query and variables");
  }
  const { query, variables, operationName } = result.data;
  return { query, variables: variables ?? undefined, operationName: operationName ?? undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badInput("the body is not JSON: send a GraphQL request as application/json");
  }
}
