import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { SHOWN_ORGANIZATION_HEADER } from "../../../../src/protocol/shown-organization.ts";
import { type Browser, type PeopleServer, startPeopleServer } from "../../../support/control-plane/people.ts";

const viewer = z.object({
  viewer: z.object({
    organizations: z.array(z.object({ organization: z.object({ id: z.string(), slug: z.string() }) })),
  }),
});

/** An owner of acme and beta, whose session is in beta because another tab has switched it. */
async function switched() {
  const server = await startPeopleServer();
  await server.createOrganization("beta");
  const owner = await server.signedIn("owner");
  const colleague = await server.signedIn("admin", "beta");
  const person = await server.store.people.byEmail(owner.email);
  const beta = await server.store.organizations.find("beta");
  const acme = await server.store.organizations.find("acme");
  if (person === undefined || beta === undefined || acme === undefined) {
    throw new Error("nobody is there");
  }
  await server.store.transaction((transaction) =>
    transaction.people.insertMember(beta.id, person.id, "owner", Date.now()),
  );
  const key = await server.createKey({ organization: "beta", name: "key of beta" });
  await server.sync(key.secret, { name: "executor of beta" });
  await owner.post("/organization/set-active", { organizationId: beta.id });
  const invitation = z
    .object({ id: z.string() })
    .parse(
      (await owner.post("/organization/invite-member", { email: "a@example.com", role: "member" })).body,
    );
  const members = await server.store.people.members(beta.id);
  const member = members.find(({ person: { email } }) => email === colleague.email);
  if (member === undefined) {
    throw new Error("the colleague is no member");
  }
  return { server, owner, acme, beta, key, invitation, member };
}

/** Everything that a change could affect. */
function everything({ databasePath }: PeopleServer): unknown {
  const database = new DatabaseSync(databasePath, { readOnly: true });
  const tables = ["apikey", "executorKey", "executor", "member", "invitation", "auditEvent"];
  const rows = tables.map((table) => database.prepare(`select * from ${table}`).all());
  database.close();
  return rows.map((table) => JSON.stringify(table.map(({ lastRequest: _, lastSyncAt: _at, ...row }) => row)));
}

type Scene = Awaited<ReturnType<typeof switched>>;

const CHANGES: readonly (readonly [
  what: string,
  send: (scene: Scene, headers: object) => ReturnType<Browser["post"]>,
])[] = [
  [
    "a new key",
    ({ owner }, headers) =>
      owner.graphql(
        'mutation { createApiKey(input: { name: "new" }) { apiKey { id } } }',
        {},
        { ...headers },
      ),
  ],
  [
    "a rotation",
    ({ owner, key }, headers) =>
      owner.graphql(`mutation { rotateApiKey(id: "${key.id}") { apiKey { id } } }`, {}, { ...headers }),
  ],
  [
    "a revocation",
    ({ owner, key }, headers) =>
      owner.graphql(`mutation { revokeApiKey(id: "${key.id}") { id } }`, {}, { ...headers }),
  ],
  [
    "a change beside a query",
    ({ owner, key }, headers) =>
      owner.graphql(
        `query A { viewer { user { id } } } mutation B { revokeApiKey(id: "${key.id}") { id } }`,
        {},
        { ...headers },
      ),
  ],
  [
    "an invitation",
    ({ owner }, headers) =>
      owner.post("/organization/invite-member", { email: "b@example.com", role: "admin" }, { ...headers }),
  ],
  [
    "a cancelled invitation",
    ({ owner, invitation }, headers) =>
      owner.post("/organization/cancel-invitation", { invitationId: invitation.id }, { ...headers }),
  ],
  [
    "another role",
    ({ owner, member }, headers) =>
      owner.post("/organization/update-member-role", { memberId: member.id, role: "member" }, { ...headers }),
  ],
  [
    "a removal",
    ({ owner, member }, headers) =>
      owner.post("/organization/remove-member", { memberIdOrEmail: member.id }, { ...headers }),
  ],
];

describe("the organization that a page shows", () => {
  it("must match: a change from a page of another organization is refused and changes nothing", async () => {
    const scene = await switched();
    const before = everything(scene.server);
    for (const [what, send] of CHANGES) {
      for (const shown of [
        scene.acme.id,
        scene.acme.slug,
        scene.beta.slug,
        "nothing",
        `${scene.beta.id}, ${scene.beta.id}`,
      ]) {
        const answer = await send(scene, { [SHOWN_ORGANIZATION_HEADER]: shown });
        expect(answer, `${what} from ${shown}`).toMatchObject({ status: 409, code: "ORGANIZATION_CHANGED" });
      }
    }
    expect(everything(scene.server)).toEqual(before);
  });

  it("is required of every change: without it nothing is changed", async () => {
    const scene = await switched();
    const before = everything(scene.server);
    for (const [what, send] of CHANGES) {
      const answer = await send(scene, { [SHOWN_ORGANIZATION_HEADER]: "" });
      expect(answer, what).toMatchObject({
        status: 428,
        code: "ORGANIZATION_REQUIRED",
        message: expect.stringMatching(/reload the page/),
      });
    }
    expect(everything(scene.server)).toEqual(before);
  });

  it("allows the same changes if it is the session's", async () => {
    const scene = await switched();
    const [, , revocation, , ...others] = CHANGES;
    for (const change of [revocation, ...others]) {
      const [what, send] = change ?? [];
      const answer = await send?.(scene, { [SHOWN_ORGANIZATION_HEADER]: scene.beta.id });
      expect(answer, what).toMatchObject({ status: 200, code: undefined });
    }
  });

  it("must match for reads that a decision depends on", async () => {
    const { owner, acme, beta, key } = await switched();
    const documents = [
      "{ apiKeys { name } }",
      `{ apiKey(id: "${key.id}") { boundExecutors { name } } }`,
      "{ executors { name } }",
      "{ members { user { email } } invitations { id } }",
      "{ auditEvents { action } }",
      "{ viewer { user { id } } ...Rest } fragment Rest on Query { members { id } }",
    ];
    for (const document of documents) {
      const answer = await owner.graphql(document, {}, { [SHOWN_ORGANIZATION_HEADER]: acme.id });
      expect(answer, document).toMatchObject({ status: 409, code: "ORGANIZATION_CHANGED", data: null });
      for (const shown of [beta.id, ""]) {
        const same = await owner.graphql(document, {}, { [SHOWN_ORGANIZATION_HEADER]: shown });
        expect(same, document).toMatchObject({ status: 200, code: undefined });
      }
    }
  });

  it("never selects an organization, and does not prevent reading the viewer", async () => {
    const { owner, acme } = await switched();
    const shown = { [SHOWN_ORGANIZATION_HEADER]: acme.id };
    const answer = await owner.graphql(
      "{ viewer { organizations { organization { id slug } } } }",
      {},
      shown,
    );
    expect(viewer.parse(answer.data).viewer.organizations).toHaveLength(2);
    expect(await owner.graphql("{ apiKeys { name } }", {}, shown)).toMatchObject({ status: 409 });
    const back = await owner.post("/organization/set-active", { organizationId: acme.id }, shown);
    expect(back.status).toBe(200);
    expect((await owner.graphql("{ apiKeys { name } }", {}, shown)).data).toEqual({ apiKeys: [] });
  });

  it("is not required of executors and operators", async () => {
    const { server, key } = await switched();
    const synced = await server.sync(key.secret, { name: "executor of beta" });
    expect(synced.status).toBe(200);
    expect((await server.revokeKey(key.id)).code).toBeUndefined();
  });
});
