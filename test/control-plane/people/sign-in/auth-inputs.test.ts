import { describe, expect, it } from "vitest";
import * as inputs from "../../../../src/control-plane/people/sign-in/auth-inputs.ts";
import {
  MAX_EMAIL_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
} from "../../../../src/protocol/limits.ts";

/** The lengths and forms that each schema allows; test/e2e has what the routes do with them. */

const PASSWORD = "p".repeat(MIN_PASSWORD_CHARACTERS);
const TOKEN = "b".repeat(43);

function emailOf(length: number): string {
  const domain = `@${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(60)}.example`;
  return `${"a".repeat(length - domain.length)}${domain}`;
}

describe.each([
  ["an id of 1 character", inputs.invitation, { invitationId: "a" }, true],
  ["an id of 64", inputs.invitation, { invitationId: "a".repeat(64) }, true],
  ["an id of 65", inputs.invitation, { invitationId: "a".repeat(65) }, false],
  ["an empty id", inputs.invitation, { invitationId: "" }, false],
  ["a role", inputs.updateMemberRole, { memberId: "a", role: "admin" }, true],
  ["no role", inputs.updateMemberRole, { memberId: "a", role: "root" }, false],
  ["an old password of 1 character", inputs.signIn, { email: "a@b.example", password: "p" }, true],
  ["an empty old password", inputs.signIn, { email: "a@b.example", password: "" }, false],
  [
    "an old password that is too long",
    inputs.signIn,
    { email: "a@b.example", password: "p".repeat(MAX_PASSWORD_CHARACTERS + 1) },
    false,
  ],
  [
    "a new password of least length",
    inputs.acceptAsNew,
    { invitationId: "a", name: "N", password: PASSWORD },
    true,
  ],
  [
    "a new password that is shorter",
    inputs.acceptAsNew,
    { invitationId: "a", name: "N", password: PASSWORD.slice(1) },
    false,
  ],
  [
    "a new password of most length",
    inputs.changePassword,
    { currentPassword: "p", newPassword: "p".repeat(MAX_PASSWORD_CHARACTERS) },
    true,
  ],
  [
    "a new password that is longer",
    inputs.changePassword,
    { currentPassword: "p", newPassword: "p".repeat(MAX_PASSWORD_CHARACTERS + 1) },
    false,
  ],
  [
    "an address of most length",
    inputs.removeMember,
    { memberIdOrEmail: emailOf(MAX_EMAIL_CHARACTERS) },
    true,
  ],
  [
    "an address that is longer",
    inputs.removeMember,
    { memberIdOrEmail: emailOf(MAX_EMAIL_CHARACTERS + 1) },
    false,
  ],
  ["a token", inputs.signInByLink, { token: TOKEN }, true],
  ["a token that is cut off", inputs.signInByLink, { token: TOKEN.slice(1) }, false],
  ["a token that is longer", inputs.signInByLink, { token: `${TOKEN}b` }, false],
  ["a name of 100 characters", inputs.rename, { name: "N".repeat(100) }, true],
  ["nothing", inputs.nothing, {}, true],
  ["something in place of nothing", inputs.nothing, { a: 1 }, false],
] as const)("%s", (_what, schema, body, isAccepted) => {
  it(isAccepted ? "is accepted" : "is refused", () => {
    expect(schema.safeParse(body).success).toBe(isAccepted);
  });
});

it("an address of somebody who is new is written in lower case", () => {
  const email = "Nadia@Example.com";
  expect(inputs.inviteMember.parse({ email, role: "member" }).email).toBe("nadia@example.com");
  const setUp = { token: TOKEN, name: "N", email, password: PASSWORD };
  expect(inputs.setUp.parse(setUp).email).toBe("nadia@example.com");
});

describe("a query string", () => {
  it.each([
    ["", {}],
    ["?a=1&b=2", { a: "1", b: "2" }],
    ["?a=%20", { a: " " }],
  ])("%j is %j", (search, object) => {
    expect(inputs.queryObject(search)).toEqual(object);
  });

  it.each(["?a=1&a=1", "?a=1&b=2&a=3"])("%j names a parameter twice", (search) => {
    expect(() => inputs.queryObject(search)).toThrow("occurs twice");
  });
});

describe("a body", () => {
  it("is read as JSON in UTF-8", () => {
    expect(inputs.bodyObject(Buffer.from('{"name":"Zoë"}'))).toEqual({ name: "Zoë" });
  });

  it("that is no JSON is said to be none, without its text", () => {
    expect(() => inputs.bodyObject(Buffer.from("password=hunter2"))).toThrow(
      /^the body is not JSON: send a JSON object$/u,
    );
  });
});
