import fc from "fast-check";
import { expect, it } from "vitest";
import { body, misspelled, mostly, nonsense } from "../../support/nasty-values.ts";
import { type Browser, type PeopleServer, startPeopleServer } from "../../support/people.ts";
import { type ArgumentValues, callOf, ROOT_FIELDS } from "../../support/root-fields.ts";
import { excesses, openRights, type Rights, type Sender } from "./rights.ts";

/**
 * Random callers send random requests, right ones and nasty ones, to everything that people may reach. After each of
 * them nobody's rights exceed what the role table says, judged from the database alone.
 */

const STEPS = Number(process.env["RIGHTS_STEPS"] ?? 500);
const SEED = Number(process.env["RIGHTS_SEED"] ?? Date.now() % 1_000_000);
/** So often everybody is given the place back that the steps before took. */
const STEPS_PER_ROUND = 25;
const PASSWORD = "everybody's password in tests";

/** Something that is there at that moment: the n-th of its kind. */
class Reference {
  readonly kind: "member" | "person" | "invitation" | "organization" | "key" | "executor" | "email";
  readonly n: number;

  constructor(kind: Reference["kind"], n: number) {
    this.kind = kind;
    this.n = n;
  }
}

interface Step {
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
  { weight: 3, arbitrary: role },
  { weight: 2, arbitrary: misspelled(role) },
  {
    weight: 1,
    arbitrary: nonsense,
  },
);
const address = fc.oneof(
  there("email"),
  fc.constantFrom("new@example.com", "NEW@example.com", "other@example.com", "a\nb@example.com"),
);
const anyAddress = mostly(address, fc.oneof(misspelled(fc.constant("new@example.com")), nonsense));
const id = (kind: Reference["kind"]) => mostly(there(kind), anyId);

const posts: readonly (readonly [path: string, body: fc.Arbitrary<unknown>])[] = [
  ["/organization/invite-member", body({ email: anyAddress, role: anyRole })],
  [
    "/organization/invite-member",
    body({ email: anyAddress, role: anyRole, organizationId: id("organization") }),
  ],
  ["/organization/cancel-invitation", body({ invitationId: id("invitation") })],
  ["/organization/accept-invitation", body({ invitationId: id("invitation") })],
  ["/organization/remove-member", body({ memberIdOrEmail: fc.oneof(id("member"), anyAddress) })],
  [
    "/organization/remove-member",
    body({ memberIdOrEmail: id("member"), organizationId: id("organization") }),
  ],
  ["/organization/update-member-role", body({ memberId: id("member"), role: anyRole })],
  [
    "/organization/update-member-role",
    body({ memberId: id("member"), role: anyRole, organizationId: id("organization") }),
  ],
  ["/organization/set-active", body({ organizationId: id("organization") })],
  [
    "/invitation/accept-as-new",
    body({
      invitationId: id("invitation"),
      name: mostly(fc.constant("New"), nonsense),
      password: fc.constant(PASSWORD),
    }),
  ],
  // Of better-auth and its plugins: none of them may be there.
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
    id: fc.oneof(there("key"), there("invitation"), there("executor"), nonsense),
    executorId: mostly(there("executor"), nonsense),
    organization: mostly(there("organization"), nonsense),
    email: anyAddress,
    role,
    name: fc.oneof(fc.constant("a key"), nonsense),
    target: there("executor"),
    revokesAt: fc.nat(),
  },
  { requiredKeys: ["id", "executorId", "email", "role"] },
);

const act: fc.Arbitrary<Step["act"]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.nat(posts.length - 1).chain((index) => {
      const [path, sent] = posts[index] ?? ["", fc.constant({})];
      return fc.record({ kind: fc.constant("post" as const), path: fc.constant(path), body: sent });
    }),
  },
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
const steps: fc.Arbitrary<Step> = fc.record({ sender: fc.nat(30), act });

interface Caller {
  readonly browser: Browser;
  /** Undefined: nobody is signed in there. */
  readonly email: string | undefined;
}

async function callersOf(server: PeopleServer): Promise<readonly Caller[]> {
  const signedIn = await Promise.all([
    server.signedIn("owner"),
    server.signedIn("admin"),
    server.signedIn("admin"),
    server.signedIn("member"),
    server.signedIn("member"),
    server.signedIn("owner", "bravo"),
    server.signedIn("admin", "bravo"),
    server.signedIn("member", "bravo"),
  ]);
  const visitor = { browser: server.browser(), email: undefined };
  return [...signedIn.map((browser) => ({ browser, email: browser.email })), visitor];
}

/** Everybody in the place that they began with, one of them in both organizations. */
async function everybodyBack(server: PeopleServer, callers: readonly Caller[]): Promise<void> {
  const places = ["owner", "admin", "admin", "member", "member", "owner", "admin", "member"] as const;
  for (const [index, place] of places.entries()) {
    const email = callers[index]?.email ?? "";
    await put(server, email, index < 5 ? "acme" : "bravo", place);
    if (index === 3) await put(server, email, "bravo", "owner");
  }
}

async function put(server: PeopleServer, email: string, organization: string, role: string): Promise<void> {
  const document = `mutation { addMember(organization: "${organization}", email: "${email}", role: ${role}) { id } }`;
  const answer = await server.manage(document);
  if (answer.code !== undefined) throw new Error(`${document}: ${answer.message}`);
}

function resolved(value: unknown, rights: Rights): unknown {
  if (value instanceof Reference) return named(value, rights);
  if (Array.isArray(value)) return value.map((each) => resolved(each, rights));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(each, rights)]));
}

function named({ kind, n: index }: Reference, rights: Rights): string {
  const of = <Each>(all: readonly Each[]) => all[index % Math.max(1, all.length)];
  switch (kind) {
    case "member":
      return of(rights.members)?.id ?? "";
    case "person":
      return of(rights.people)?.id ?? "";
    case "invitation": {
      const open = rights.invitations.filter(({ status }) => status === "pending");
      return of(index % 4 === 0 || open.length === 0 ? rights.invitations : open)?.id ?? "";
    }
    case "organization":
      return of(rights.organizations)?.id ?? "";
    case "key":
      return of(rights.keys)?.id ?? "";
    case "executor":
      return of(rights.executors)?.id ?? "";
    case "email":
      return of(rights.people)?.email ?? "";
  }
}

async function send(step: Step, { browser }: Caller, rights: Rights): Promise<number> {
  const { act: request } = step;
  switch (request.kind) {
    case "post":
      return (await browser.post(request.path, resolved(request.body, rights))).status;
    case "get":
      return (await browser.get(`/api/auth${request.path}${searchOf(resolved(request.query, rights))}`))
        .status;
    case "graphql": {
      const field = ROOT_FIELDS[request.field];
      if (field === undefined) throw new Error("there is no such field");
      const given: ArgumentValues = Object.fromEntries(
        Object.entries(request.values).map(([name, value]) => [name, resolved(value, rights)]),
      );
      return (await browser.graphql(callOf(field, given))).status;
    }
  }
}

/** Text as it is, all else as JSON. */
function searchOf(query: unknown): string {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => {
    const text = typeof value === "string" ? value : String(JSON.stringify(value));
    return `${name}=${encodeURIComponent(text.toWellFormed())}`;
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** As the database has the sender's own session: the cookie holds its token, signed. */
function senderOf({ browser, email }: Caller, rights: Rights): Sender {
  const person = rights.people.find((each) => each.email === email);
  const sessions = rights.sessions.filter(({ userId }) => userId === person?.id);
  if (browser.cookie === undefined || person === undefined)
    return { userId: undefined, activeOrganizationId: null };
  return { userId: person.id, activeOrganizationId: sessions[0]?.activeOrganizationId };
}

it(`nobody gets beyond the role table in ${STEPS} requests (seed ${SEED})`, {
  timeout: 60_000 + STEPS * 100,
}, async () => {
  const server = await startPeopleServer();
  await server.createOrganization("bravo");
  for (const organization of ["acme", "bravo"]) {
    const key = await server.createKey({ organization, name: `key of ${organization}` });
    await server.sync(key.secret, { name: `agent of ${organization}` });
  }
  using database = openRights(server.databasePath);
  const callers = await callersOf(server);
  const answers = new Map<string, number>();
  let index = 0;
  for (const step of fc.sample(steps, { numRuns: STEPS, seed: SEED })) {
    if (index % STEPS_PER_ROUND === 0) await everybodyBack(server, callers);
    index += 1;
    const caller = callers[step.sender % callers.length];
    if (caller === undefined) throw new Error("there is no such caller");
    const before = database.read();
    const sender = senderOf(caller, before);
    const status = await send(step, caller, before);
    const where = step.act.kind === "graphql" ? "graphql" : `${step.act.kind} ${step.act.path}`;
    answers.set(`${where} ${status}`, (answers.get(`${where} ${status}`) ?? 0) + 1);
    expect({
      seed: SEED,
      step: index,
      sent: step.act,
      found: excesses(before, database.read(), sender),
    }).toEqual({
      seed: SEED,
      step: index,
      sent: step.act,
      found: [],
    });
    expect(status, `step ${index} of seed ${SEED}: ${JSON.stringify(step.act)}`).toBeLessThan(500);
  }
  expect(server.lines.filter((line) => line.includes('"event":"bug"'))).toEqual([]);
  // A test of requests that are all refused would prove nothing.
  expect(answers.get("post /organization/invite-member 200")).toBeGreaterThan(0);
  expect(answers.get("post /organization/update-member-role 200")).toBeGreaterThan(0);
});
