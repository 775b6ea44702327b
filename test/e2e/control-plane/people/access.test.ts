import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type CallerKind, ROOT_FIELD_AUDIENCE } from "../../../../src/control-plane/rights/access.ts";
import { nodeExecutor } from "../../../support/control-plane/node-executor.ts";
import { openBrowser, type PeopleServer, startPeopleServer } from "../../../support/control-plane/people.ts";
import { type ArgumentValues, callOf, ROOT_FIELDS } from "../../../support/control-plane/root-fields.ts";

/** A second copy of who may use which root field, so that access.ts cannot change unnoticed. */
const MAY: Readonly<Record<CallerKind, readonly string[]>> = {
  executor: ["executor-key"],
  operator: ["management", "member", "admin"],
  visitor: ["visitor"],
  member: ["visitor", "member"],
  admin: ["visitor", "member", "admin"],
};

const B_SECRETS = /agent-of-b|node-of-b|key-of-b|owner-of-b|Bravo|bravo|invited-to-b/;

async function twoOrganizations() {
  const server = await startPeopleServer();
  const organizationB = await server.createOrganization("bravo");
  const keyB = await server.createKey({ organization: "bravo", name: "key-of-b" });
  const agentB = nodeExecutor(server, keyB.secret, "agent-of-b");
  await agentB.sync();
  const { node: nodeB } = await agentB.create("node-of-b", { organization: "bravo" });
  const executors = await server.manage('{ executors(organization: "bravo") { id } }');
  const [executorB] = z
    .object({ executors: z.array(z.object({ id: z.string() })) })
    .parse(executors.data).executors;
  const ownerB = await server.signedIn("owner", "bravo", "owner-of-b@example.com");
  const invited = await ownerB.post("/organization/invite-member", {
    email: "invited-to-b@example.com",
    role: "member",
  });
  expect(invited.status).toBe(200);
  const audit = await server.manage('{ auditEvents(organization: "bravo") { id } }');
  const [eventB] = z
    .object({ auditEvents: z.array(z.object({ id: z.string() })) })
    .parse(audit.data).auditEvents;
  const keyA = await server.createKey({ organization: "acme", name: "key-of-a" });
  return {
    server,
    organizationB,
    keyA,
    keyB,
    executorId: executorB?.id ?? "",
    eventId: eventB?.id ?? "",
    nodeId: nodeB.id,
    ownerB,
  };
}

/** Arguments for every root field that point at organization B. */
function aimedAtB(world: Awaited<ReturnType<typeof twoOrganizations>>, id: string): ArgumentValues {
  const { executorId, keyB } = world;
  const node = { executor: executorId, confirmName: "node-of-b", chain: "litecoin", network: "regtest" };
  return { id, before: id, executorId, target: keyB.id, name: "agent-of-b", ...node };
}

function stateOf(server: PeopleServer) {
  return server.manage(
    '{ apiKeys(organization: "bravo") { id status name revokesAt } auditEvents(organization: "bravo") { id } executors(organization: "bravo") { id key { id } } nodes(organization: "bravo") { id revision phase } members(organization: "bravo") { id role } invitations(organization: "bravo") { id } }',
  );
}

describe("an owner of one organization", () => {
  let world: Awaited<ReturnType<typeof twoOrganizations>>;

  async function browserOfA() {
    return world.server.signedIn("owner", "acme");
  }

  it("can neither see nor change anything of another organization, through any root field", async () => {
    world = await twoOrganizations();
    const browser = await browserOfA();
    const before = await stateOf(world.server);
    const { keyB, executorId, eventId, nodeId, organizationB } = world;
    const ids = [keyB.id, executorId, eventId, nodeId, organizationB, "bravo"];
    for (const field of ROOT_FIELDS) {
      const isTheirs = MAY.admin.includes(ROOT_FIELD_AUDIENCE[field.name] ?? "nobody");
      for (const id of ids) {
        for (const place of [{ organization: world.organizationB }, { organization: "bravo" }, {}]) {
          const document = callOf(field, { ...aimedAtB(world, id), ...place });
          const answer = await browser.graphql(document);
          const said = answer.text.replaceAll(id, "").replaceAll("agent-of-b", "");
          expect({ document, isRefused: answer.status === 403 }).toEqual({ document, isRefused: !isTheirs });
          expect(said).not.toMatch(B_SECRETS);
        }
      }
      expect({ field: field.name, ...(await stateOf(world.server)) }).toMatchObject({
        field: field.name,
        data: before.data,
      });
    }
  });

  it("gets the same answer for a key of another organization as for one that does not exist", async () => {
    world = await twoOrganizations();
    const browser = await browserOfA();
    for (const mutation of ["rotateApiKey", "revokeApiKey", "deleteApiKey"]) {
      const select = mutation === "rotateApiKey" ? "{ secret }" : "{ id }";
      const ask = async (id: string) =>
        (await browser.graphql(`mutation { ${mutation}(id: "${id}") ${select} }`)).text.replaceAll(id, "ID");
      expect(await ask(world.keyB.id)).toBe(await ask("none"));
    }
    const access = async (id: string) =>
      (
        await browser.graphql(`mutation { revokeExecutorAccess(executorId: "${id}") { id } }`)
      ).text.replaceAll(id, "ID");
    expect(await access(world.executorId)).toBe(await access("none"));
    const targeted = async (target: string) =>
      (
        await browser.graphql(
          `mutation { createApiKey(input: { name: "x", target: "${target}" }) { secret } }`,
        )
      ).text.replaceAll(target, "T");
    expect(await targeted("agent-of-b")).toBe(await targeted("none"));
    const active = async (organizationId: string) =>
      (await browser.post("/organization/set-active", { organizationId })).text;
    expect(await active(world.organizationB)).toBe(await active("none"));
    expect(await active("bravo")).toBe(await active("none"));
    const removed = async (memberIdOrEmail: string) =>
      (await browser.post("/organization/remove-member", { memberIdOrEmail })).text;
    expect(await removed("owner-of-b@example.com")).toBe(await removed("nobody@example.com"));
  });

  it("cannot activate another organization or change its people", async () => {
    world = await twoOrganizations();
    const browser = await browserOfA();
    const before = await stateOf(world.server);
    const [member] = z.object({ members: z.array(z.object({ id: z.string() })) }).parse(before.data).members;
    const organizationId = world.organizationB;
    const attempts = [
      ["/organization/set-active", { organizationId }],
      ["/organization/set-active", { organizationSlug: "bravo" }],
      ["/organization/invite-member", { organizationId, email: "spy@example.com", role: "owner" }],
      ["/organization/remove-member", { organizationId, memberIdOrEmail: member?.id }],
      ["/organization/remove-member", { organizationId, memberIdOrEmail: "owner-of-b@example.com" }],
      ["/organization/update-member-role", { organizationId, memberId: member?.id, role: "member" }],
    ] as const;
    for (const [path, body] of attempts) {
      const answer = await browser.post(path, body);
      expect({ path, status: answer.status }).toMatchObject({
        path,
        status: expect.toSatisfy((s) => s >= 400),
      });
    }
    expect((await stateOf(world.server)).data).toEqual(before.data);
    expect((await browser.graphql("{ viewer { activeOrganization { slug } } }")).data).toEqual({
      viewer: { activeOrganization: { slug: "acme" } },
    });
  });
});

describe("roles", () => {
  it("only the callers that access.ts names may use a root field", async () => {
    const server = await startPeopleServer();
    const member = await server.signedIn("member");
    const [owner, admin] = [await server.signedIn("owner"), await server.signedIn("admin")];
    for (const field of ROOT_FIELDS) {
      const audience = ROOT_FIELD_AUDIENCE[field.name] ?? "nobody";
      const document = callOf(field, {});
      const before = (await server.auditEvents()).length;
      const answers = {
        member: await member.graphql(document),
        visitor: await server.browser().graphql(document),
      };
      const seen = {
        field: field.name,
        member: answers.member.code !== "FORBIDDEN",
        visitor: answers.visitor.code !== "UNAUTHENTICATED",
      };
      expect(seen).toEqual({
        field: field.name,
        member: MAY.member.includes(audience),
        visitor: MAY.visitor.includes(audience),
      });
      if (field.operation === "mutation") {
        expect([answers.member.status, answers.visitor.status]).toEqual([403, 401]);
      }
      expect((await server.auditEvents()).length).toBe(before);
      for (const browser of [owner, admin]) {
        const isAllowed = (await browser.graphql(document)).code !== "FORBIDDEN";
        expect({ document, isAllowed }).toEqual({ document, isAllowed: MAY.admin.includes(audience) });
      }
      const isAllowed = (await server.manage(document)).code !== "FORBIDDEN";
      expect({ document, isAllowed }).toEqual({ document, isAllowed: MAY.operator.includes(audience) });
    }
  });

  it("a member who is removed during a session sees nothing from the next request on", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const member = await server.signedIn("member");
    await server.createKey();
    expect((await member.graphql("{ apiKeys { name } }")).data).toEqual({ apiKeys: [{ name: "prod" }] });
    const removed = await owner.post("/organization/remove-member", { memberIdOrEmail: member.email });
    expect(removed.status).toBe(200);
    expect(
      (await member.graphql("{ apiKeys { name } viewer { role organizations { role } } }")).data,
    ).toEqual({
      apiKeys: [],
      viewer: { role: null, organizations: [] },
    });
    expect(await member.graphql('mutation { createApiKey(input: { name: "x" }) { secret } }')).toMatchObject({
      status: 403,
    });
  });

  it("an admin who becomes a member loses the mutations immediately", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const admin = await server.signedIn("admin");
    const create = 'mutation { createApiKey(input: { name: "x" }) { apiKey { name } } }';
    expect((await admin.graphql(create)).status).toBe(200);
    const members = await owner.graphql("{ members { id role user { email } } }");
    const found = z
      .object({ members: z.array(z.object({ id: z.string(), user: z.object({ email: z.string() }) })) })
      .parse(members.data)
      .members.find(({ user }) => user.email === admin.email);
    const changed = await owner.post("/organization/update-member-role", {
      memberId: found?.id,
      role: "member",
    });
    expect(changed.status).toBe(200);
    expect(await admin.graphql(create)).toMatchObject({ status: 403, code: "FORBIDDEN" });
  });

  it("members can read everything except the links of invitations", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const member = await server.signedIn("member");
    const invited = await owner.post("/organization/invite-member", {
      email: "next@example.com",
      role: "admin",
    });
    const { id } = z.object({ id: z.string() }).parse(invited.body);
    const answers = [
      await member.graphql("{ invitations { id } }"),
      await member.get("/api/auth/get-session"),
      await member.graphql("{ auditEvents { targetId targetName details } members { id } }"),
    ];
    for (const answer of answers) {
      expect(answer.text).not.toContain(id);
    }
    expect((await owner.graphql("{ invitations { id } }")).text).toContain(id);
  });

  it("people and visitors cannot use introspection, and the size of their documents is bounded", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    expect(await owner.graphql("{ __schema { types { name } } }")).toMatchObject({
      status: 403,
      message: expect.stringMatching(/^__schema is not for the page: .*on the control plane's host/),
    });
    expect(await server.browser().graphql("{ __schema { types { name } } }")).toMatchObject({ status: 401 });
    const deep = `{ ${"a { ".repeat(9)} b ${"}".repeat(9)} }`;
    const aliases = `{ ${Array.from({ length: 11 }, (_, n) => `a${n}: apiKeys { id }`).join(" ")} }`;
    const fields = `{ apiKeys { ${"id ".repeat(301)} } }`;
    for (const document of [aliases, fields, deep]) {
      expect(await owner.graphql(document)).toMatchObject({ code: "BAD_USER_INPUT" });
    }
  });

  it("a document may contain one change, whatever its name and wherever it is hidden", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const create = 'createApiKey(input: { name: "x" }) { secret }';
    for (const document of [
      `mutation { ${create} b: ${create} }`,
      `mutation { ${create} ... on Mutation { b: ${create} } }`,
      `mutation { ${create} ...F } fragment F on Mutation { b: ${create} }`,
    ]) {
      const answer = await owner.graphql(document);
      expect(answer).toMatchObject({
        code: "BAD_USER_INPUT",
        message: expect.stringContaining("more than one change"),
      });
    }
    expect(await server.auditEvents()).toEqual([]);
    expect((await owner.graphql(`mutation { __typename ${create} }`)).code).toBeUndefined();
  });

  it("a cookie does not help a bad key, and a bad key does not fall back to the cookie", async () => {
    const server = await startPeopleServer();
    const owner = await server.signedIn("owner");
    const answer = await owner.graphql("{ apiKeys { id } }", {}, { authorization: "Bearer exc_nothing" });
    expect(answer).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    const key = await server.createKey();
    expect(
      await owner.graphql("{ apiKeys { id } }", {}, { authorization: `Bearer ${key.secret}` }),
    ).toMatchObject({
      status: 403,
      code: "FORBIDDEN",
    });
  });

  it("executors without a key are told so, with and without the page", async () => {
    const server = await startPeopleServer();
    const bare = openBrowser(server.url);
    const answer = await bare.graphql("{ apiKeys { id } }", {}, { origin: "" });
    expect(answer.status).toBe(401);
    expect(answer.message).toContain("no Authorization header arrived");
    expect(await server.post(undefined, "{ __typename }")).toMatchObject({
      status: 401,
      reason: "malformed",
    });
  });
});

describe("somebody who is not signed in", () => {
  it.each([
    ["a document", { query: `{ ${"viewer { user { id } } ".repeat(100)} }` }],
    ["a document that is none", { query: "{".repeat(2048) }],
    ["variables", { query: "{ viewer { role } }", variables: { x: "x".repeat(2048) } }],
    ["what only a member may ask", { query: `{ apiKeys { ${"id ".repeat(700)} } }` }],
  ])("has nothing large parsed: %s", async (_what, { query, ...rest }) => {
    const server = await startPeopleServer();
    const variables = "variables" in rest ? rest.variables : {};
    const refused = { status: 401, code: "UNAUTHENTICATED" };
    expect(await server.browser().graphql(query, variables)).toMatchObject(refused);
    expect(await server.browser().graphql("{ viewer { role } }")).toMatchObject({ status: 200 });
  });
});
