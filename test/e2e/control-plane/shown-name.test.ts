import { describe, expect, it } from "vitest";
import * as z from "zod";
import { checkedName } from "../../../src/control-plane/organizations/shown-name.ts";
import { startPeopleServer } from "../../support/control-plane/people.ts";

const FILLERS = [
  "\u00ad",
  "\u034f",
  "\u061c",
  "\u115f",
  "\u1160",
  "\u17b4",
  "\u180b",
  "\u180e",
  "\u200b",
  "\u200d",
  "\u2060",
  "\u2064",
  "\u2800",
  "\u3000",
  "\u3164",
  "\ufe0f",
  "\ufeff",
  "\uffa0",
  "\ufff0",
  "\u{13441}",
  "\u{16fe4}",
  "\u{1bca0}",
  "\u{1d159}",
  "\u{1d173}",
  "\u{e0001}",
  "\u{e0041}",
  "\u{e0100}",
];

const CREATE_KEY = "mutation($name: String!) { createApiKey(input: { name: $name }) { apiKey { id } } }";
const CREATE_ORGANIZATION = 'mutation($name: String!) { createOrganization(name: $name, slug: "s") { id } }';

describe("a name", () => {
  it.each(["Олег", "李雷", "Zoë", "O'Neil-Smith 3rd", "محمد", "हिन्दी", "👩", "€", "?", "é", "e\u0301"])(
    "is accepted: %j",
    (name) => {
      expect(checkedName(name, "a name", 100)).toBe(name);
    },
  );

  it.each(FILLERS)("has no invisible characters, alone, repeated or beside letters: %j", (filler) => {
    for (const name of [filler, filler.repeat(5), `${filler} ${filler}`]) {
      expect(() => checkedName(name, "a name", 100)).toThrow(/^a name (?:has|must)/);
    }
    // Trimmed characters are not part of the name, and a wide space inside is not a plain space.
    for (const name of [`a${filler}b`, `Olga ${filler} B`]) {
      expect(() => checkedName(name, "a name", 100)).toThrow();
    }
  });

  it("is not only combining marks", () => {
    for (const mark of ["\u0301", "\u0301\u0301", "\u20dd"]) {
      expect(() => checkedName(mark, "a name", 100)).toThrow(/nobody can see/);
    }
  });
});

it("names of people, organizations and keys follow the same rules", async () => {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner");
  const invited = await owner.post("/organization/invite-member", { email: "n@example.com", role: "member" });
  const { id: invitationId } = z.object({ id: z.string() }).parse(invited.body);
  const accept = (name: string) =>
    server
      .browser()
      .post("/invitation/accept-as-new", { invitationId, name, password: "a new person's password" });
  for (const name of ["\u3164", "\u2800\u2800", "\u115f\u1160", "a\u200bb", "\u{e0041}", "a\nb", " "]) {
    expect(await accept(name)).toMatchObject({ status: 400, code: "BAD_USER_INPUT" });
    expect((await owner.graphql(CREATE_KEY, { name })).code).toBe("BAD_USER_INPUT");
    expect((await server.manage(CREATE_ORGANIZATION, { name })).code).toBe("BAD_USER_INPUT");
  }
  const name = "Олег O'Neil";
  expect((await accept(` ${name} `)).status).toBe(200);
  expect((await owner.graphql(CREATE_KEY, { name })).status).toBe(200);
  expect((await server.manage(CREATE_ORGANIZATION, { name })).status).toBe(200);
  expect((await server.manage('{ members(organization: "acme") { user { name } } }')).text).toContain(name);
});
