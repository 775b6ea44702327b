import * as z from "zod";
import { auditPerson, type PeopleAction } from "../audit.ts";
import type { Person } from "../people-store.ts";
import { personActor } from "../scope.ts";
import type { Store } from "../store.ts";

const role = z.string().nullish();
const invitation = z
  .object({ email: z.string(), role, organizationId: z.string() })
  .transform(({ email, ...rest }) => ({ ...rest, person: email }));
const member = z
  .object({ userId: z.string(), role, organizationId: z.string() })
  .transform(({ userId, ...rest }) => ({ ...rest, person: userId }));

/** What better-auth answers where people changed, and what that is called in the audit log. */
const CHANGES: ReadonlyMap<string, readonly [action: PeopleAction, answer: z.ZodType<Change>]> = new Map([
  ["/organization/invite-member", ["member.invited", invitation]],
  ["/organization/cancel-invitation", ["member.invitation_canceled", invitation]],
  [
    "/organization/accept-invitation",
    ["member.joined", z.object({ invitation }).transform((answer) => answer.invitation)],
  ],
  [
    "/organization/remove-member",
    ["member.removed", z.object({ member }).transform((answer) => answer.member)],
  ],
  ["/organization/update-member-role", ["member.role_changed", member]],
]);

interface Change {
  readonly organizationId: string;
  /** Id of the person, or the address that an invitation was made for. */
  readonly person: string;
  readonly role?: string | null | undefined;
}

export function isAudited(path: string): boolean {
  return CHANGES.has(path);
}

/**
 * Records what better-auth has just done. It makes its changes outside our transactions, so this is a second one: the
 * change is acknowledged only when the event is on disk.
 */
export async function auditChange(
  store: Store,
  path: string,
  actor: Person,
  answer: unknown,
  at: number,
): Promise<void> {
  const [action, shape] = CHANGES.get(path) ?? [];
  if (action === undefined || shape === undefined) return;
  const change = shape.parse(answer);
  const person = await store.people.person(change.person);
  const target = { id: change.person, name: person?.email ?? change.person };
  const details = change.role === null || change.role === undefined ? {} : { role: change.role };
  await store.transaction((transaction) =>
    auditPerson(transaction, { actor: personActor(actor), action, ...change, target, details, at }),
  );
}
