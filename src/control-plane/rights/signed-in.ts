import { ApiError, ApiErrorCode } from "../api-error.ts";
import type { Membership, Person } from "../store/contract/people.ts";

/** A person with a session, and the organizations they belong to. */
export interface SignedIn {
  readonly person: Person;
  /**
   * The organization that the session is about. Undefined if the person belongs to none, or was
   * removed from it.
   */
  readonly active: Membership | undefined;
  readonly memberships: readonly Membership[];
}

export function notSignedIn(): ApiError {
  return new ApiError(ApiErrorCode.unauthenticated, "you are not signed in: sign in again");
}
