import type { Membership, Person } from "../store/contract/people.ts";

/** A person with a session, and where they belong. */
export interface SignedIn {
  readonly person: Person;
  /** The organization that the session is about; undefined where they were removed from it, or belong to none. */
  readonly active: Membership | undefined;
  readonly memberships: readonly Membership[];
}
