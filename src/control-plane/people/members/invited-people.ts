import type * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { randomId } from "../../../lib/random-id.ts";
import { conflict } from "../../api-error.ts";
import type { Invitation } from "../../store/contract/people-store.ts";
import type { Store, StoreReader } from "../../store/contract/store.ts";
import type * as inputs from "../sign-in/auth-inputs.ts";
import { hashPassword } from "../sign-in/password-hashing.ts";
import { join, openInvitation } from "./invitations.ts";

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
