import * as z from "zod";
import { ErrorCode } from "../../../protocol/refusal.ts";
import { type Answer, header } from "./http-answer.ts";

/**
 * The refusals of a control plane that does not mark its answers, as the product documents them: an
 * error of GraphQL, of NestJS or of Fastify. Any other member means that somebody else answered.
 */

const message = z.union([z.string(), z.array(z.string())]);
const originalError = z.strictObject({
  message: message.optional(),
  error: z.string().optional(),
  statusCode: z.int(),
});

const graphqlError = z.strictObject({
  message: z.string(),
  locations: z.array(z.strictObject({ line: z.number(), column: z.number() })).nullish(),
  path: z.array(z.union([z.string(), z.number()])).nullish(),
  extensions: z
    .strictObject({
      code: z.unknown().optional(),
      reason: z.unknown().optional(),
      originalError: originalError.optional(),
      /** Apollo's, outside production. */
      stacktrace: z.unknown().optional(),
    })
    .optional(),
});

const graphqlBody = z.strictObject({
  errors: z.array(graphqlError).min(1),
  data: z.unknown().optional(),
});

const restBody = z.strictObject({ statusCode: z.int(), message, error: z.string().optional() });

/** The messages of a guard that gives no code. */
const GUARD_MESSAGES: Readonly<Record<number, readonly string[]>> = {
  401: ["Unauthorized"],
  403: ["Forbidden", "Forbidden resource"],
};
const CODES: readonly unknown[] = [ErrorCode.unauthenticated, ErrorCode.forbidden];

/** Whether a body has exactly the members of a documented refusal. */
export function isOwnRefusal(json: unknown, httpStatus: number): boolean {
  const rest = restBody.safeParse(json);
  if (rest.success) {
    return rest.data.statusCode === httpStatus;
  }
  const graphql = graphqlBody.safeParse(json);
  return graphql.success && graphql.data.errors.some((error) => isRefusal(error, httpStatus));
}

function isRefusal({ extensions, message: text }: z.infer<typeof graphqlError>, httpStatus: number): boolean {
  if (extensions === undefined) {
    return GUARD_MESSAGES[httpStatus]?.includes(text) ?? false;
  }
  const { statusCode } = extensions.originalError ?? {};
  return CODES.includes(extensions.code) || statusCode === 401 || statusCode === 403;
}

/** `Bearer`, perhaps with parameters. */
const BEARER =
  /^bearer(?:\s+[\w-]+\s*=\s*(?:"[^"]*"|[^\s",]+)(?:\s*,\s*[\w-]+\s*=\s*(?:"[^"]*"|[^\s",]+))*)?$/i;

/** A control plane challenges with `Bearer`, without a realm (RFC 9110, 11.6.1), or not at all. */
export function isForeignChallenge({ headers }: Pick<Answer, "headers">): boolean {
  return [headers["www-authenticate"] ?? []]
    .flat()
    .some((challenge) => !BEARER.test(challenge.trim()) || /\brealm\s*=/i.test(challenge));
}

/** GraphQL over HTTP, 4.1. An answer without a type says nothing of who sent it. */
const OWN_TYPES = ["", "application/json", "application/graphql-response+json"];

/** Whether a body has a media type that no refusal of a control plane has: `text/html`. */
export function isForeignType(answer: Pick<Answer, "headers">): boolean {
  const [type = ""] = (header(answer, "content-type") ?? "").split(";", 1);
  return !OWN_TYPES.includes(type.trim().toLowerCase());
}
