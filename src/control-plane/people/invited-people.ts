import * as z from "zod";
import { printable } from "../../lib/printable.ts";
import { badInput, conflict, notFound } from "../api-error.ts";
import { auditPerson } from "../audit.ts";
import type { Invitation } from "../people-store.ts";
import { randomId } from "../random-id.ts";
import { personActor } from "../scope.ts";
import type { Store, StoreReader } from "../store.ts";
import { MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS } from "./auth.ts";
import { hashPassword } from "./password-hashing.ts";

const acceptance = z.object({
  invitationId: z.string().min(1).max(200),
  name: z
    .string()
    .transform((name) => name.trim())
    .pipe(
      z
        .string()
        .min(1)
        .max(100)
        .refine((name) => printable(name) === name),
    ),
  password: z.string(),
});

/** Accounts for those who were invited and have none: the one way in which people sign up. */
export class InvitedPeople {
  private readonly store: Store;
  private readonly now: () => number;

  constructor(store: Store, now: () => number) {
    this.store = store;
    this.now = now;
  }

  /** Makes the account and the membership in one step, and uses the link up. Rejects with an ApiError that says why not. */
  async accept(sent: unknown): Promise<{ readonly email: string; readonly password: string }> {
    const result = acceptance.safeParse(sent);
    if (!result.success) throw badInput("give invitationId, a name of 1 to 100 characters, and a password");
    const { invitationId, name, password } = result.data;
    if (password.length < MIN_PASSWORD_CHARACTERS || password.length > MAX_PASSWORD_CHARACTERS) {
      throw badInput(`a password has ${MIN_PASSWORD_CHARACTERS} to ${MAX_PASSWORD_CHARACTERS} characters`);
    }
    // Looked at first, so that a wrong link costs no scrypt; and again where it counts.
    await this.open(this.store, invitationId);
    const passwordHash = await hashPassword(password);
    return this.store.transaction(async (transaction) => {
      const { email, organization, role } = await this.open(transaction, invitationId);
      const createdAt = this.now();
      const id = randomId();
      await transaction.people.insertPerson({ id, name, email, passwordHash, createdAt });
      await transaction.people.insertMember(organization.id, id, role, createdAt);
      await transaction.people.acceptInvitation(invitationId);
      await auditPerson(transaction, {
        actor: personActor({ id, name, email }),
        action: "member.joined",
        organizationId: organization.id,
        target: { id: email, name: email },
        details: { role },
        at: createdAt,
      });
      return { email, password };
    });
  }

  private async open(reader: StoreReader, id: string): Promise<Invitation> {
    const invitation = await reader.people.invitation(id);
    if (invitation === undefined || invitation.status !== "pending" || invitation.expiresAt <= this.now()) {
      throw notFound("this invitation cannot be accepted any more: ask for a new one");
    }
    if ((await reader.people.personByEmail(invitation.email)) !== undefined) {
      throw conflict(`${printable(invitation.email)} has an account already: sign in, then accept`);
    }
    return invitation;
  }
}
