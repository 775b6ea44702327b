import type { IncomingHttpHeaders } from "node:http";
import { SHOWN_ORGANIZATION_HEADER } from "../../protocol/shown-organization.ts";
import { ApiError, ApiErrorCode } from "../api-error.ts";
import type { Membership } from "../store/contract/people.ts";

/**
 * Rejects a request about an organization where the page that sent it shows another one than the
 * session's: another tab has switched it, and what a person sees is what they decide about. A
 * change has to name the organization, a look may.
 *
 * `active` is the membership that the change is made under, and not read anew afterwards.
 * Undefined: there is no organization to act in, and nothing to compare; their rights say no.
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
      "this page shows another organization than the one that is active now: another tab has switched it; nothing was done",
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
