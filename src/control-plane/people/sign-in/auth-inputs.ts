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
 * The schema of each route under /api/auth. They are strict, because better-auth checks some values
 * before it trims, splits or converts them. Only what is decoded here reaches it.
 */

const MAX_NAME_CHARACTERS = 100;

const wantedEmail = `must be an e-mail address of at most ${MAX_EMAIL_CHARACTERS} characters`;
// The length comes first, so that the pattern only ever runs on short text.
const email = z.string(wantedEmail).max(MAX_EMAIL_CHARACTERS, wantedEmail).pipe(z.email(wantedEmail));

const wantedId = "must be an id: 1 to 64 letters, digits, - or _";
const id = z.string(wantedId).regex(/^[\w-]{1,64}$/, wantedId);

const role = z.enum(ROLES, `must be one of ${ROLES.join(", ")}`);

const wantedPassword = `must be a password of at most ${MAX_PASSWORD_CHARACTERS} characters`;
/** An existing password: it may be older than the minimum length. */
const password = z.string(wantedPassword).min(1, wantedPassword).max(MAX_PASSWORD_CHARACTERS, wantedPassword);
const wantedNewPassword = `must be a password of ${MIN_PASSWORD_CHARACTERS} to ${MAX_PASSWORD_CHARACTERS} characters`;
const newPassword = z
  .string(wantedNewPassword)
  .min(MIN_PASSWORD_CHARACTERS, wantedNewPassword)
  .max(MAX_PASSWORD_CHARACTERS, wantedNewPassword);

const name = z.string("must be a name").transform((raw) => checkedName(raw, "a name", MAX_NAME_CHARACTERS));

export const nothing = z.strictObject({});
export const signIn = z.strictObject({ email, password });
export const changePassword = z.strictObject({
  currentPassword: password,
  newPassword,
  // The page sends it. The other sessions end in any case.
  revokeOtherSessions: z.boolean("must be true or false").optional(),
});
export const rename = z.strictObject({ name });
export const endSession = z.strictObject({ sessionId: id });
export const setActive = z.strictObject({ organizationId: id });
export const inviteMember = z.strictObject({
  email: email.transform((address) => address.toLowerCase()),
  role,
});
export const invitation = z.strictObject({ invitationId: id });
export const removeMember = z.strictObject({
  memberIdOrEmail: z.union([id, email], "must be an id or an e-mail address"),
});
export const updateMemberRole = z.strictObject({ memberId: id, role });
/** The secret of a one-time link: 32 bytes in base64url. */
const token = z.string("must be the end of a link").regex(/^[\w-]{43}$/, "must be the end of a link");
export const signInByLink = z.strictObject({ token });
export const setUp = z.strictObject({
  token,
  name,
  email: email.transform((address) => address.toLowerCase()),
  password: newPassword,
});
export const acceptAsNew = z.strictObject({ invitationId: id, name, password: newPassword });

/**
 * A query string as an object. Throws BAD_USER_INPUT if a name occurs twice, because parsers differ
 * in which value they use.
 */
export function queryObject(search: string): unknown {
  const pairs = [...new URLSearchParams(search)];
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) {
    throw badInput("a query parameter occurs twice: send each one once");
  }
  return Object.fromEntries(pairs);
}

/** A body as JSON. Throws BAD_USER_INPUT if it is not JSON. */
export function bodyObject(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw badInput("the body is not JSON: send a JSON object");
  }
}
