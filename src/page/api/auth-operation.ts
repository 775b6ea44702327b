import * as z from "zod/mini";
import { sentence } from "../../lib/sentence.ts";
import type { Role } from "../../protocol/roles.ts";
import type { Answer } from "./answer.ts";
import { request } from "./client.ts";
import { shownText } from "./decode.ts";

/** People, sessions and invitations: better-auth's endpoints under /api/auth. */

const refusal = z.object({ message: z.optional(shownText), code: z.optional(z.string()) });

async function ask<Schema extends z.ZodMiniType>(
  method: "GET" | "POST",
  path: string,
  body: unknown,
  schema: Schema,
  signal: AbortSignal,
): Promise<Answer<z.output<Schema>>> {
  const reply = await request(method, `/api/auth${path}`, body, signal);
  if (reply.kind === "unavailable") {
    return reply;
  }
  if (reply.status >= 400) {
    const { message, code } = refusal.safeParse(reply.body).data ?? {};
    return {
      kind: "refused",
      code: code ?? String(reply.status),
      sentence:
        message === undefined ? `The control plane refused this (${reply.status}).` : sentence(message),
    };
  }
  const decoded = schema.safeParse(reply.body);
  if (decoded.success) {
    return { kind: "data", data: decoded.data };
  }
  return {
    kind: "unavailable",
    sentence: "The control plane's answer is of another version than this page.",
  };
}

export function signIn(email: string, password: string, signal: AbortSignal): Promise<Answer<unknown>> {
  return ask("POST", "/sign-in/email", { email, password }, z.unknown(), signal);
}

export function signOut(signal: AbortSignal): Promise<Answer<unknown>> {
  return ask("POST", "/sign-out", {}, z.unknown(), signal);
}

export function setActiveOrganization(organizationId: string, signal: AbortSignal): Promise<Answer<unknown>> {
  return ask("POST", "/organization/set-active", { organizationId }, z.unknown(), signal);
}

export function changePassword(
  currentPassword: string,
  newPassword: string,
  signal: AbortSignal,
): Promise<Answer<unknown>> {
  const body = { currentPassword, newPassword, revokeOtherSessions: true };
  return ask("POST", "/change-password", body, z.unknown(), signal);
}

export function inviteMember(
  email: string,
  role: Role,
  signal: AbortSignal,
): Promise<Answer<{ id: string }>> {
  return ask("POST", "/organization/invite-member", { email, role }, z.object({ id: z.string() }), signal);
}

export function cancelInvitation(invitationId: string, signal: AbortSignal): Promise<Answer<unknown>> {
  return ask("POST", "/organization/cancel-invitation", { invitationId }, z.unknown(), signal);
}

export function removeMember(memberId: string, signal: AbortSignal): Promise<Answer<unknown>> {
  return ask("POST", "/organization/remove-member", { memberIdOrEmail: memberId }, z.unknown(), signal);
}

export function updateMemberRole(
  memberId: string,
  role: Role,
  signal: AbortSignal,
): Promise<Answer<unknown>> {
  return ask("POST", "/organization/update-member-role", { memberId, role }, z.unknown(), signal);
}

export function acceptInvitation(invitationId: string, signal: AbortSignal): Promise<Answer<unknown>> {
  return ask("POST", "/organization/accept-invitation", { invitationId }, z.unknown(), signal);
}

/** For an address that has no account yet: makes it, signs it in and joins. */
export function acceptWithNewAccount(
  invitationId: string,
  name: string,
  password: string,
  signal: AbortSignal,
): Promise<Answer<unknown>> {
  return ask("POST", "/invitation/accept-as-new", { invitationId, name, password }, z.unknown(), signal);
}
