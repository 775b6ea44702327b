import type * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { randomId } from "../../../lib/random-id.ts";
import { conflict } from "../../api-error.ts";
import type { AccountReader, Invitation, InvitationReader } from "../../store/contract/people.ts";
import type { Transactions } from "../../store/contract/store.ts";
import type * as inputs from "../sign-in/auth-inputs.ts";
import { hashPassword } from "../sign-in/password-hashing.ts";
import { join, openInvitation, type PeopleTransaction } from "./invitations.ts";

type InvitedPeopleStore = Transactions<PeopleTransaction> & {
  readonly people: InvitationReader & AccountReader;
};

/** Accounts for those who were invited and have none: the one way in which people sign up. */
export class InvitedPeople {
  private readonly store: InvitedPeopleStore;
  private readonly now: () => number;

  constructor(store: InvitedPeopleStore, now: () => number) {
    this.store = store;
    this.now = now;
  }

  /**
   * Rejects with an ApiError that says why not: so that a wrong link waits for nothing, and costs
   * no hash.
   */
  async requireOpen(invitationId: string): Promise<void> {
    await this.open(this.store.people, invitationId);
  }

  /**
   * Makes the account and the membership in one step, and uses the link up. Resolves to the
   * address; rejects with an ApiError that says why not.
   */
  async accept({ invitationId, name, password }: z.output<typeof inputs.acceptAsNew>): Promise<string> {
    const passwordHash = await hashPassword(password);
    return this.store.transaction(async (transaction) => {
      const invitation = await this.open(transaction.people, invitationId);
      const person = { id: randomId(), name, email: invitation.email };
      const at = this.now();
      await transaction.people.insert({ ...person, passwordHash, createdAt: at });
      await join(transaction, invitation, person, at);
      return person.email;
    });
  }

  private async open(people: InvitationReader & AccountReader, id: string): Promise<Invitation> {
    const invitation = await openInvitation(people, id, this.now());
    if ((await people.byEmail(invitation.email)) !== undefined) {
      throw conflict(`${printable(invitation.email)} has an account already: sign in, then accept`);
    }
    return invitation;
  }
}
