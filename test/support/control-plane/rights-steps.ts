import fc from "fast-check";
import { body, misspelled, mostly, nonsense } from "./nasty-values.ts";
import { ROOT_FIELDS } from "./root-fields.ts";

/**
 * The requests of random callers, valid and hostile, to everything that people can reach and to
 * what they cannot.
 */

const PASSWORD = "everybody's password in tests";

/** The n-th existing record of its kind. */
export class Reference {
  readonly kind: "member" | "person" | "invitation" | "organization" | "key" | "executor" | "node" | "email";
  readonly n: number;

  constructor(kind: Reference["kind"], n: number) {
    this.kind = kind;
    this.n = n;
  }
}

export interface Step {
  readonly sender: number;
  readonly act:
    | { readonly kind: "post"; readonly path: string; readonly body: unknown }
    | { readonly kind: "get"; readonly path: string; readonly query: Readonly<Record<string, unknown>> }
    | {
        readonly kind: "graphql";
        readonly field: number;
        readonly values: Readonly<Record<string, unknown>>;
      };
}

const n = fc.nat(60);
const there = (kind: Reference["kind"]) => n.map((index) => new Reference(kind, index));
const anyId = fc.oneof(
  there("member"),
  there("person"),
  there("invitation"),
  there("organization"),
  nonsense,
);
const role = fc.constantFrom("owner", "admin", "member");
const anyRole = fc.oneof(
  { weight: 10, arbitrary: role },
  { weight: 3, arbitrary: misspelled(role) },
  {
    weight: 1,
    arbitrary: nonsense,
  },
);
const address = fc.oneof(
  there("email"),
  fc.nat(40).map((index) => `new-${index}@example.com`),
  fc.constantFrom("NEW-1@example.com", "a\nb@example.com"),
);
const anyAddress = mostly(address, fc.oneof(misspelled(fc.constant("new@example.com")), nonsense));
const id = (kind: Reference["kind"]) => mostly(there(kind), anyId);

const posts: readonly (readonly [path: string, body: fc.Arbitrary<unknown>])[] = [
  ["/organization/invite-member", body({ email: anyAddress, role: anyRole })],
  ["/organization/cancel-invitation", body({ invitationId: id("invitation") })],
  ["/organization/accept-invitation", body({ invitationId: id("invitation") })],
  ["/organization/remove-member", body({ memberIdOrEmail: fc.oneof(id("member"), anyAddress) })],
  ["/organization/update-member-role", body({ memberId: id("member"), role: anyRole })],
  ["/organization/set-active", body({ organizationId: id("organization") })],
  [
    "/invitation/accept-as-new",
    body({
      invitationId: id("invitation"),
      name: mostly(fc.constant("New"), nonsense),
      password: fc.constant(PASSWORD),
    }),
  ],
];
/** The routes that must exist. */
export const OPEN_PATHS: readonly string[] = posts.map(([path]) => path);
/** Routes of better-auth and its plugins that must not exist. */
const closed: typeof posts = [
  ["/organization/create", body({ name: nonsense, slug: nonsense })],
  ["/organization/delete", body({ organizationId: id("organization") })],
  ["/organization/update", body({ data: nonsense, organizationId: id("organization") })],
  ["/organization/leave", body({ organizationId: id("organization") })],
  [
    "/organization/add-member",
    body({ userId: id("person"), role: anyRole, organizationId: id("organization") }),
  ],
  ["/sign-up/email", body({ email: anyAddress, password: fc.constant(PASSWORD), name: nonsense })],
  ["/update-user", body({ name: nonsense, role: anyRole })],
  ["/change-email", body({ newEmail: anyAddress })],
  ["/delete-user", body({ password: fc.constant(PASSWORD) })],
  ["/request-password-reset", body({ email: anyAddress })],
  ["/reset-password", body({ token: nonsense, newPassword: fc.constant(PASSWORD) })],
];
const gets = [
  "/get-session",
  "/organization/list",
  "/organization/list-members",
  "/organization/get-full-organization",
  "/organization/get-invitation",
  "/organization/get-active-member",
  "/organization/has-permission",
];
const query = fc.dictionary(
  fc.constantFrom("organizationId", "id", "sortBy", "limit", "disableRefresh", "filterField", "x"),
  fc.oneof(there("organization"), there("invitation"), nonsense),
  { maxKeys: 3 },
);
const values = fc.record(
  {
    id: fc.oneof(
      there("key"),
      there("invitation"),
      there("executor"),
      there("node"),
      there("node"),
      nonsense,
    ),
    executorId: mostly(there("executor"), nonsense),
    organization: mostly(there("organization"), nonsense),
    email: anyAddress,
    role,
    name: fc.oneof(fc.constant("a key"), fc.constantFrom("node-1", "node-2", "node-3"), nonsense),
    executor: mostly(there("executor"), nonsense),
    confirmName: fc.constantFrom("node-1", "node-2"),
    chain: fc.constant("litecoin"),
    network: fc.constant("regtest"),
    expectedRevision: fc.integer({ min: 1, max: 3 }),
    action: fc.constantFrom("start", "stop", "restart"),
    target: there("executor"),
    revokesAt: fc.nat(),
  },
  { requiredKeys: ["id", "executorId", "email", "role"] },
);

function oneOf(all: typeof posts): fc.Arbitrary<Step["act"]> {
  const kind = fc.constant("post" as const);
  return fc.oneof(...all.map(([path, sent]) => fc.record({ kind, path: fc.constant(path), body: sent })));
}

const act: fc.Arbitrary<Step["act"]> = fc.oneof(
  { weight: 10, arbitrary: oneOf(posts) },
  { weight: 1, arbitrary: oneOf(closed) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("get" as const), path: fc.constantFrom(...gets), query }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("graphql" as const),
      field: fc.nat(ROOT_FIELDS.length - 1),
      values,
    }),
  },
);
export const steps: fc.Arbitrary<Step> = fc.record({ sender: fc.nat(30), act });
