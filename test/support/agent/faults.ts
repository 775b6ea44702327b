import { FOREIGN_REFUSALS, REFUSALS } from "../control-plane/refusals.ts";
import {
  cutMidBody,
  drip,
  empty,
  failure,
  gzipBomb,
  HOSTILE_TEXT,
  html,
  huge,
  json,
  LONG_NAME,
  replyTo,
} from "./behaviours.ts";
import { type ExpectedOutcome, type Fault, type FaultRow, unreachable } from "./fault.ts";

const deadline: ExpectedOutcome = { kind: "unreachable", cause: "timeout", lastsUntilDeadline: true };

const TROUBLES: readonly FaultRow[] = [
  [
    "429",
    json(429, { message: "slow down", statusCode: 429 }, { "retry-after": "3" }),
    unreachable("rate-limited", { retryAfterMs: 3000 }),
  ],
  ["429 UNAUTHENTICATED", json(429, failure("UNAUTHENTICATED")), unreachable("rate-limited")],
  ["429 page", html(429, "Too many requests"), unreachable("rate-limited")],
  ["500 page", html(500, "Internal Server Error"), unreachable("server-error")],
  ["500 GraphQL", json(500, failure("INTERNAL_SERVER_ERROR")), unreachable("server-error")],
  ["502 page", html(502, "Bad Gateway"), unreachable("server-error")],
  [
    "503 with Retry-After",
    html(503, "Maintenance", { "retry-after": "2" }),
    unreachable("server-error", { retryAfterMs: 2000 }),
  ],
  ["503 GraphQL", json(503, failure("SERVICE_UNAVAILABLE")), unreachable("server-error")],
  ["504 empty", empty(504), unreachable("server-error")],
  [
    "200 masked error",
    json(200, { errors: [{ message: "Unexpected error." }], data: null }),
    unreachable("server-error"),
  ],
  [
    "redirect",
    ({ response, elsewhereUrl }) =>
      response.writeHead(307, { location: `${elsewhereUrl}/graphql?a=b` }).end(),
    unreachable("redirect"),
  ],
  [
    "redirect of HTTP to HTTPS",
    empty(301, { location: "https://cp.example.com/graphql" }),
    unreachable("redirect"),
  ],
  ["304", empty(304), unreachable("not-a-control-plane")],
  ["200 page", html(200, "Sign in to Hotel Wi-Fi"), unreachable("not-a-control-plane")],
  ["404 page", html(404, "Not Found"), unreachable("not-a-control-plane")],
  [
    "404 Nest",
    json(404, { message: "Cannot POST /graphql", statusCode: 404 }),
    unreachable("not-a-control-plane"),
  ],
  ["405 empty", empty(405), unreachable("not-a-control-plane")],
  ["204", empty(204), unreachable("not-a-control-plane")],
  ["200 empty", empty(200), unreachable("not-a-control-plane")],
  ["200 other JSON", json(200, { status: "ok" }), unreachable("not-a-control-plane")],
  ["200 JSON list", json(200, [1, 2]), unreachable("not-a-control-plane")],
  ["400 page", html(400, "Bad Request"), unreachable("rejected-request")],
  [
    "400 validation",
    json(400, { errors: [{ message: 'Cannot query field "duplicates"' }] }),
    unreachable("rejected-request"),
  ],
  [
    "200 validation",
    json(200, { errors: [{ message: 'Cannot query field "duplicates" on type "X".' }] }),
    unreachable("rejected-request"),
  ],
  ["200 BAD_USER_INPUT", json(200, failure("BAD_USER_INPUT", {}, null)), unreachable("rejected-request")],
  ["200 domain code", json(200, failure("executor_offline", {}, null)), unreachable("rejected-request")],
  ["413", html(413, "Payload Too Large"), unreachable("rejected-request")],
  ["415 empty", empty(415), unreachable("rejected-request")],
  [
    "200 null",
    json(200, { data: { syncExecutor: null, currentKey: null } }),
    unreachable("answer-malformed"),
  ],
  ["200 wrong field", json(200, { data: { hello: "world" } }), unreachable("answer-malformed")],
  [
    "garbage JSON",
    ({ response }) => response.writeHead(200, { "content-type": "application/json" }).end('{"data":{"sy'),
    unreachable("answer-malformed"),
  ],
];

const WIRE: readonly FaultRow[] = [
  ["hang", () => {}, deadline],
  ["one byte a second", drip, deadline],
  ["cut before the answer", ({ response }) => response.destroy(), unreachable("connection-lost")],
  ["cut mid-body", cutMidBody, unreachable("connection-lost")],
  [
    "garbage bytes",
    ({ response }) => response.socket?.end("\u0000\u0001\u0002 what is this\r\n\r\n"),
    unreachable("not-a-control-plane"),
  ],
  ["1 GB body", huge(200), unreachable("answer-too-large")],
  ["503 with 1 GB body", huge(503), unreachable("server-error")],
  ["401 with 1 GB body", huge(401), { kind: "unreachable", cause: "foreign-refusal", slow: true }],
  [
    "1 GB announced",
    ({ response }) => response.writeHead(200, { "content-length": 1e9 }).write("{"),
    unreachable("answer-too-large"),
  ],
  ["gzip bomb", gzipBomb(200), unreachable("answer-malformed")],
  ["502 with gzip bomb", gzipBomb(502), unreachable("server-error")],
  [
    "1 MB header",
    ({ response }) => response.writeHead(200, { "x-name": LONG_NAME }).end(),
    unreachable("answer-too-large"),
  ],
];

const HOSTILE: readonly FaultRow[] = [
  [
    "hostile 401",
    json(401, {
      errors: [{ message: HOSTILE_TEXT, extensions: { code: "UNAUTHENTICATED", reason: HOSTILE_TEXT } }],
    }),
    { kind: "refused" },
  ],
  [
    "hostile 403",
    json(403, { statusCode: 403, error: HOSTILE_TEXT, message: HOSTILE_TEXT }),
    { kind: "forbidden" },
  ],
  [
    "hostile 503",
    json(503, { errors: [{ message: HOSTILE_TEXT, extensions: { code: HOSTILE_TEXT } }] }),
    unreachable("server-error"),
  ],
  ["hostile title", html(502, HOSTILE_TEXT), unreachable("server-error")],
  ["hostile redirect", empty(302, { location: "javascript:\u009b2J<0>alert(1)" }), unreachable("redirect")],
  ["hostile names", (exchange) => json(200, replyTo(exchange, HOSTILE_TEXT))(exchange), { kind: "accepted" }],
  [
    "1 MB names",
    (exchange) => json(200, replyTo(exchange, LONG_NAME))(exchange),
    unreachable("answer-too-large"),
  ],
  [
    "long names",
    (exchange) => json(200, replyTo(exchange, "n".repeat(5000)))(exchange),
    unreachable("answer-malformed"),
  ],
  [
    "long message",
    json(401, { errors: [{ message: "m".repeat(500_000), extensions: { code: "UNAUTHENTICATED" } }] }),
    { kind: "refused" },
  ],
];

/** Every way in which a server or a proxy can answer, and how a client must judge it. */
export const FAULTS: readonly Fault[] = [
  ...REFUSALS,
  ...FOREIGN_REFUSALS,
  ...TROUBLES,
  ...WIRE,
  ...HOSTILE,
].map(([name, behaviour, expected]) => ({ name, behaviour, expected }));

/** One of `FAULTS`, by its name. */
export function fault(name: string): Fault {
  const found = FAULTS.find((each) => each.name === name);
  if (found === undefined) {
    throw new RangeError(`no fault is named ${name}`);
  }
  return found;
}
