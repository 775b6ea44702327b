import fc from "fast-check";
import { expect, it } from "vitest";
import { nodeExecutor } from "../../../support/control-plane/node-executor.ts";
import { type Browser, type PeopleServer, startPeopleServer } from "../../../support/control-plane/people.ts";
import { excesses, openRights, type Rights, type Sender } from "../../../support/control-plane/rights.ts";
import { GOOD_CALLS } from "../../../support/control-plane/rights-good-calls.ts";
import { OPEN_PATHS, Reference, type Step, steps } from "../../../support/control-plane/rights-steps.ts";
import { type ArgumentValues, callOf, ROOT_FIELDS } from "../../../support/control-plane/root-fields.ts";

/**
 * Random callers send random requests, valid and hostile, to everything that people can reach.
 * After each request, the database shows that nobody has more rights than the role table allows.
 */

const STEPS = Number(process.env["RIGHTS_STEPS"] ?? 500);
const SEED = Number(process.env["RIGHTS_SEED"] ?? Date.now() % 1_000_000);
/** After so many steps everybody gets their original role and organizations back. */
const STEPS_PER_ROUND = 25;

interface Caller {
  readonly browser: Browser;
  /** Undefined if nobody is signed in. */
  readonly email: string | undefined;
}

/** Five people of acme, then three of bravo. */
const PLACES = ["owner", "admin", "admin", "member", "member", "owner", "admin", "member"] as const;

function slugOf(index: number): string {
  return index < 5 ? "acme" : "bravo";
}

async function callersOf(server: PeopleServer): Promise<readonly Caller[]> {
  const signedIn: Awaited<ReturnType<PeopleServer["signedIn"]>>[] = [];
  // One after the other, because an address has one place in the hashing queue.
  for (const [index, role] of PLACES.entries()) {
    signedIn.push(await server.signedIn(role, slugOf(index)));
  }
  const visitor = { browser: server.browser(), email: undefined };
  return [...signedIn.map((browser) => ({ browser, email: browser.email })), visitor];
}

/** Everybody in their original organization and role; one person is in both organizations. */
async function everybodyBack(
  server: PeopleServer,
  callers: readonly Caller[],
  organizations: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [index, place] of PLACES.entries()) {
    const { email = "", browser } = callers[index] ?? {};
    const slug = slugOf(index);
    await put(server, email, slug, place);
    if (index === 3) {
      await put(server, email, "bravo", "owner");
    }
    // A removal took the session out of its organization. Whether this succeeds does not matter.
    await browser?.post("/organization/set-active", { organizationId: organizations.get(slug) });
  }
  for (const [inviter, invited] of [
    [0, 6],
    [1, 7],
    [5, 4],
    [6, 2],
  ] as const) {
    const sent = { email: callers[invited]?.email, role: PLACES[inviter] };
    await callers[inviter]?.browser.post("/organization/invite-member", sent);
  }
}

async function put(server: PeopleServer, email: string, organization: string, role: string): Promise<void> {
  const document = `mutation { addMember(organization: "${organization}", email: "${email}", role: ${role}) { id } }`;
  const answer = await server.manage(document);
  if (answer.code !== undefined) {
    throw new Error(`${document}: ${answer.message}`);
  }
}

function resolved(value: unknown, rights: Rights): unknown {
  if (value instanceof Reference) {
    return named(value, rights);
  }
  if (Array.isArray(value)) {
    return value.map((each) => resolved(each, rights));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
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
    case "node":
      return of(rights.nodes)?.id ?? "";
    case "email":
      return of(rights.people)?.email ?? "";
  }
}

async function send(request: Step["act"], { browser }: Caller, rights: Rights): Promise<number> {
  switch (request.kind) {
    case "post":
      return (await browser.post(request.path, resolved(request.body, rights))).status;
    case "get":
      return (await browser.get(`/api/auth${request.path}${searchOf(resolved(request.query, rights))}`))
        .status;
    case "graphql": {
      const field = ROOT_FIELDS[request.field];
      if (field === undefined) {
        throw new Error("there is no such field");
      }
      const given: ArgumentValues = Object.fromEntries(
        Object.entries(request.values).map(([name, value]) => [name, resolved(value, rights)]),
      );
      return (await browser.graphql(callOf(field, given))).status;
    }
  }
}

/** Text unchanged, everything else as JSON. */
function searchOf(query: unknown): string {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => {
    const text = typeof value === "string" ? value : String(JSON.stringify(value));
    return `${name}=${encodeURIComponent(text.toWellFormed())}`;
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/**
 * The browser's session in the database. It belongs to somebody else after the browser accepts an
 * invitation with a new account.
 */
function senderOf({ browser }: Caller, rights: Rights): Sender {
  const cookies = decodeURIComponent(browser.cookie ?? "");
  const session = rights.sessions.find(({ token }) => cookies.includes(`=${token}.`));
  return { userId: session?.userId, activeOrganizationId: session?.activeOrganizationId };
}

it(`nobody exceeds the role table in ${STEPS} requests (seed ${SEED})`, {
  timeout: 60_000 + STEPS * 100,
}, async () => {
  const server = await startPeopleServer();
  await server.createOrganization("bravo");
  for (const organization of ["acme", "bravo"]) {
    const key = await server.createKey({ organization, name: `key of ${organization}` });
    const executor = nodeExecutor(server, key.secret, `agent of ${organization}`);
    await executor.sync();
    await executor.create("node-1", { organization });
  }
  const organizations = new Map([
    ["acme", (await server.store.organizations.find("acme"))?.id ?? ""],
    ["bravo", (await server.store.organizations.find("bravo"))?.id ?? ""],
  ]);
  using database = openRights(server.databasePath);
  const callers = await callersOf(server);
  /** Sends a request, and looks whether it gave somebody too many rights. */
  const tried = async (act: Step["act"], caller: Caller, step: string): Promise<number> => {
    const before = database.read();
    const sender = senderOf(caller, before);
    const status = await send(act, caller, before);
    const found = excesses(before, database.read(), sender);
    expect({ seed: SEED, step, sent: act, found }).toEqual({ seed: SEED, step, sent: act, found: [] });
    return status;
  };

  await everybodyBack(server, callers, organizations);
  const cast = { emails: callers.map(({ email = "" }) => email), organizations };
  expect(new Set(GOOD_CALLS.map(({ path }) => path))).toEqual(new Set(OPEN_PATHS));
  for (const { path, sender, body } of GOOD_CALLS) {
    const visitor = { browser: server.browser(), email: undefined };
    const caller = sender === "new" ? visitor : (callers[sender] ?? visitor);
    const act = { kind: "post", path, body: body(database.read(), cast) } as const;
    expect(await tried(act, caller, "good"), path).toBe(200);
  }

  let index = 0;
  for (const step of fc.sample(steps, { numRuns: STEPS, seed: SEED })) {
    if (index % STEPS_PER_ROUND === 0) {
      await everybodyBack(server, callers, organizations);
    }
    index += 1;
    const caller = callers[step.sender % callers.length];
    if (caller === undefined) {
      throw new Error("there is no such caller");
    }
    const status = await tried(step.act, caller, `${index}`);
    expect(status, `step ${index} of seed ${SEED}: ${JSON.stringify(step.act)}`).toBeLessThan(500);
  }
  expect(server.lines.filter((line) => line.includes('"event":"bug"'))).toEqual([]);
});
