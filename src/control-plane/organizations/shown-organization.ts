import type { IncomingHttpHeaders } from "node:http";
import { SHOWN_ORGANIZATION_HEADER } from "../../protocol/shown-organization.ts";
import { ApiError, ApiErrorCode } from "../api-error.ts";
import type { Membership } from "../store/contract/people.ts";

/**
 * Refuses a request whose page shows a different organization from the session's: another tab has
 * switched the session, and the person would change what they do not see. A change must name the
 * organization, and reading may leave it out.
 *
 * `active` is the same membership that the change is then made under. If it is undefined there is
 * nothing to compare, and the caller's rights refuse the request.
 */
export function requireShownOrganization(
  headers: IncomingHttpHeaders,
  active: Membership | undefined,
  purpose: "change" | "look",
): void {
  if (active === undefined) {
    return;
  }
  const shown = headers[SHOWN_ORGANIZATION_HEADER];
  if (shown === active.organization.id) {
    return;
  }
  if (shown !== undefined) {
    throw new ApiError(
      ApiErrorCode.organizationChanged,
      "another tab has switched the active organization, and this page still shows the old one. Nothing was done",
    );
  }
  if (purpose === "look") {
    return;
  }
  throw new ApiError(
    ApiErrorCode.organizationRequired,
    "the request does not say which organization it is for: reload the page and try again " +
      `(a program sends the organization's id as ${SHOWN_ORGANIZATION_HEADER})`,
  );
}
