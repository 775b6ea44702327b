import type * as z from "zod";
import { printable } from "../../lib/printable.ts";
import { conflict } from "../api-error.ts";
import { join, openInvitation } from "../invitations.ts";
import type { Invitation } from "../people-store.ts";
import { randomId } from "../random-id.ts";
import type { Store, StoreReader } from "../store.ts";
import type * as inputs from "./auth-inputs.ts";
import { hashPassword } from "./password-hashing.ts";

/** Accounts for those who were invited and have none: the one way in which people sign up. */
export class InvitedPeople {
  private readonly store: Store;
  private readonly now: () => number;

  constructor(store: Store, now: () => number) {
    this.store = store;
    this.now = now;
  }

  /**
   * Rejects with an ApiError that says why not: so that a wrong link waits for nothing, and costs
   * no hash.
   */
  async requireOpen(invitationId: string): Promise<void> {
    await this.open(this.store, invitationId);
  }

  /**
   * Makes the account and the membership in one step, and uses the link up. Resolves to the
   * address; rejects with an ApiError that says why not.
   */
  async accept({ invitationId, name, password }: z.output<typeof inputs.acceptAsNew>): Promise<string> {
    const passwordHash = await hashPassword(password);
    return this.store.transaction(async (transaction) => {
      const invitation = await this.open(transaction, invitationId);
      const person = { id: randomId(), name, email: invitation.email };
      const at = this.now();
      await transaction.people.insertPerson({ ...person, passwordHash, createdAt: at });
      await join(transaction, invitation, person, at);
      return person.email;
    });
  }

  private async open(reader: StoreReader, id: string): Promise<Invitation> {
    const invitation = await openInvitation(reader, id, this.now());
    if ((await reader.people.personByEmail(invitation.email)) !== undefined) {
      throw conflict(`${printable(invitation.email)} has an account already: sign in, then accept`);
    }
    return invitation;
  }
}
