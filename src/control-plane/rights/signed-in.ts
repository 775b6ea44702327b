import { ApiError, ApiErrorCode } from "../api-error.ts";
import type { Membership, Person, SessionReader } from "../store/contract/people.ts";

/** A person with a session, and the organizations they belong to. */
export interface SignedIn {
  readonly person: Person;
  /** The id of the session, which is not its token. */
  readonly sessionId: string;
  /**
   * The organization that the session is about. Undefined if the person belongs to none, or was
   * removed from it.
   */
  readonly active: Membership | undefined;
  readonly memberships: readonly Membership[];
}

/**
 * Asked in the transaction that changes something, because a request may wait for it. Rejects with
 * UNAUTHENTICATED if the session has ended. `now` is epoch ms.
 */
export async function requireSession(
  people: SessionReader,
  { id, person }: { readonly id: string; readonly person: Person },
  now: number,
): Promise<void> {
  if (!(await people.hasSession(person.id, id, now))) {
    throw notSignedIn();
  }
}

export function notSignedIn(): ApiError {
  return new ApiError(ApiErrorCode.unauthenticated, "you are not signed in: sign in again");
}
