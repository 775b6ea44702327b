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

/** Creates accounts for invited people who have none. There is no other way to sign up. */
export class InvitedPeople {
  private readonly store: InvitedPeopleStore;
  private readonly now: () => number;

  constructor(store: InvitedPeopleStore, now: () => number) {
    this.store = store;
    this.now = now;
  }

  /**
   * Rejects with an ApiError if the invitation cannot be accepted. Called before the hashing queue,
   * so that a wrong link costs no hash.
   */
  async requireOpen(invitationId: string): Promise<void> {
    await this.open(this.store.people, invitationId);
  }

  /**
   * Creates the account and the membership in one transaction, and marks the invitation as
   * accepted. Resolves to the person's e-mail address. Rejects with an ApiError if the invitation
   * cannot be accepted.
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
      throw conflict(`${printable(invitation.email)} already has an account: sign in, then accept`);
    }
    return invitation;
  }
}
