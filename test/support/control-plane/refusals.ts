import { empty, failure, html, json } from "../agent/behaviours.ts";
import { type ExpectedOutcome, type FaultRow, unreachable } from "../agent/fault.ts";

const refused: ExpectedOutcome = { kind: "refused" };
const forbidden: ExpectedOutcome = { kind: "forbidden" };
const foreign: ExpectedOutcome = { kind: "unreachable", cause: "foreign-refusal", slow: true };
const basic = { "www-authenticate": 'Basic realm="x"' };
const graphqlType = { "content-type": "application/graphql-response+json" };
const nest401 = { originalError: { message: "Unauthorized", statusCode: 401 } };
const hidden = (statusCode: number) =>
  failure("INTERNAL_SERVER_ERROR", { originalError: { statusCode } }, null);

/**
 * Refusals in the shapes of control planes with Yoga, Apollo, Mercurius, Fastify or Nest. All shapes:
 * refusal-corpus.tsv.
 */
export const REFUSALS: readonly FaultRow[] = [
  [
    "401 GraphQL",
    json(401, failure("UNAUTHENTICATED", { reason: "revoked" }, null)),
    { ...refused, reason: "revoked" },
  ],
  ["401 GraphQL response type", json(401, failure("UNAUTHENTICATED"), graphqlType), refused],
  ["401 errors without code", json(401, { data: null, errors: [{ message: "Unauthorized" }] }), refused],
  ["401 Fastify", json(401, { statusCode: 401, error: "Unauthorized", message: "bad key" }), refused],
  ["401 Nest REST", json(401, { message: "Unauthorized", statusCode: 401 }), refused],
  ["200 Yoga UNAUTHENTICATED", json(200, failure("UNAUTHENTICATED")), refused],
  ["200 Nest UNAUTHENTICATED", json(200, failure("UNAUTHENTICATED", nest401, null)), refused],
  [
    "200 nullable UNAUTHENTICATED",
    json(200, failure("UNAUTHENTICATED", {}, { syncExecutor: null })),
    refused,
  ],
  ["400 UNAUTHENTICATED", json(400, failure("UNAUTHENTICATED")), refused],
  ["500 Apollo UNAUTHENTICATED", json(500, failure("UNAUTHENTICATED")), refused],
  ["200 hidden 401", json(200, hidden(401)), refused],
  [
    "403 GraphQL",
    json(403, failure("FORBIDDEN", { reason: "wrong_organization" }, null)),
    { ...forbidden, reason: "wrong_organization" },
  ],
  ["403 Fastify", json(403, { statusCode: 403, error: "Forbidden", message: "no" }), forbidden],
  ["403 Nest REST", json(403, { message: "Forbidden resource", statusCode: 403 }), forbidden],
  ["200 FORBIDDEN", json(200, failure("FORBIDDEN", { originalError: { statusCode: 403 } }, null)), forbidden],
  ["500 FORBIDDEN", json(500, failure("FORBIDDEN")), forbidden],
  ["200 hidden 403", json(200, hidden(403)), forbidden],
  [
    "401 with Retry-After",
    json(401, failure("UNAUTHENTICATED"), { "retry-after": "7" }),
    { ...refused, retryAfterMs: 7000 },
  ],
];

/** Answers that look like a refusal but do not come from the control plane. */
export const FOREIGN_REFUSALS: readonly FaultRow[] = [
  ["401 page", html(401, "Authorization Required"), foreign],
  ["403 page", html(403, "Attention Required!"), foreign],
  ["401 empty", empty(401, basic), foreign],
  ["403 empty", empty(403), foreign],
  ["401 gateway JSON", json(401, { message: "Unauthorized" }), foreign],
  ["401 better-auth", json(401, { code: "INVALID_API_KEY", message: "Invalid API key" }), foreign],
  ["200 extensions.status 401", json(200, failure("INTERNAL_SERVER_ERROR", { status: 401 }, null)), foreign],
  ["200 leaked http.status 401", json(200, failure("X", { http: { status: 401 } }, null)), foreign],
  ["401 NestJS behind Basic", json(401, { message: "Unauthorized", statusCode: 401 }, basic), foreign],
  ["401 JSON:API", json(401, { errors: [{ status: "401", title: "Unauthorized" }] }), foreign],
  ["401 data only", json(401, { data: { syncExecutor: null } }), foreign],
  [
    "401 malformed, marked",
    json(
      401,
      failure(
        "UNAUTHENTICATED",
        { reason: "malformed", arrived: "nothing", answeredBy: "control-plane" },
        null,
      ),
    ),
    { kind: "unreachable", cause: "authorization-changed", slow: true },
  ],
  ["511", html(511, "Network Authentication Required"), unreachable("captive-portal")],
  [
    "403 quota",
    json(403, { statusCode: 403, message: "Out of call volume quota." }),
    unreachable("rate-limited", { slow: true }),
  ],
  ["407", html(407, "Proxy Authentication Required"), unreachable("proxy-authentication")],
  [
    "500 Mercurius Unauthorized",
    json(500, { statusCode: 500, error: "x", message: "Unauthorized" }),
    unreachable("server-error"),
  ],
  [
    "200 Unauthorized without code",
    json(200, { errors: [{ message: "Unauthorized" }], data: null }),
    unreachable("server-error"),
  ],
  ["503 UNAUTHENTICATED", json(503, failure("UNAUTHENTICATED")), unreachable("server-error")],
  ["401 RATE_LIMITED", json(401, failure("RATE_LIMITED")), unreachable("rate-limited")],
  [
    "401 of a naive guard",
    json(401, { message: "Rate limit exceeded.", statusCode: 401 }),
    unreachable("rate-limited"),
  ],
  ["200 hidden 429", json(200, hidden(429)), unreachable("rate-limited")],
];
