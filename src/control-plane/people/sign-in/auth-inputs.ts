import * as z from "zod";
import {
  MAX_EMAIL_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
} from "../../../protocol/limits.ts";
import { ROLES } from "../../../protocol/roles.ts";
import { badInput } from "../../api-error.ts";
import { checkedName } from "../../organizations/shown-name.ts";

/**
 * What each route under /api/auth takes, to the letter: better-auth judges some values before it
 * has trimmed, split or converted them, and uses them afterwards. Nothing but what is decoded here
 * reaches it.
 */

const MAX_NAME_CHARACTERS = 100;

const wantedEmail = `want an e-mail address of at most ${MAX_EMAIL_CHARACTERS} characters`;
// The length first: the shape is only looked for in what is short.
const email = z.string(wantedEmail).max(MAX_EMAIL_CHARACTERS, wantedEmail).pipe(z.email(wantedEmail));

const wantedId = "want an id: 1 to 64 letters, digits, - or _";
const id = z.string(wantedId).regex(/^[\w-]{1,64}$/, wantedId);

const role = z.enum(ROLES, `want one of ${ROLES.join(", ")}`);

const wantedPassword = `want a password of at most ${MAX_PASSWORD_CHARACTERS} characters`;
/** One that may be older than the rule for new ones. */
const password = z.string(wantedPassword).min(1, wantedPassword).max(MAX_PASSWORD_CHARACTERS, wantedPassword);
const wantedNewPassword = `want a password of ${MIN_PASSWORD_CHARACTERS} to ${MAX_PASSWORD_CHARACTERS} characters`;
const newPassword = z
  .string(wantedNewPassword)
  .min(MIN_PASSWORD_CHARACTERS, wantedNewPassword)
  .max(MAX_PASSWORD_CHARACTERS, wantedNewPassword);

const name = z.string("want a name").transform((raw) => checkedName(raw, "a name", MAX_NAME_CHARACTERS));

export const nothing = z.strictObject({});
export const signIn = z.strictObject({ email, password });
export const changePassword = z.strictObject({
  currentPassword: password,
  newPassword,
  // The other sessions end whatever it says; the page says so, too.
  revokeOtherSessions: z.boolean("want true or false").optional(),
});
export const setActive = z.strictObject({ organizationId: id });
export const inviteMember = z.strictObject({
  email: email.transform((address) => address.toLowerCase()),
  role,
});
export const invitation = z.strictObject({ invitationId: id });
export const removeMember = z.strictObject({
  memberIdOrEmail: z.union([id, email], "want an id or an e-mail address"),
});
export const updateMemberRole = z.strictObject({ memberId: id, role });
export const acceptAsNew = z.strictObject({ invitationId: id, name, password: newPassword });

/**
 * A query string as an object; BAD_USER_INPUT where a name is there twice: readers differ in which
 * one counts.
 */
export function queryObject(search: string): unknown {
  const pairs = [...new URLSearchParams(search)];
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) {
    throw badInput("a parameter of the address is there twice: name each once");
  }
  return Object.fromEntries(pairs);
}

/** The body as JSON; BAD_USER_INPUT where it is none. */
export function bodyObject(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw badInput("the body is not JSON: send an object");
  }
}
