/**
 * The header with the id of the organization that the page shows. It does not select one: the
 * server refuses a request if the session is about a different organization.
 */
export const SHOWN_ORGANIZATION_HEADER = "novacula-organization";

/** Code of the refusal (HTTP 409): another tab has switched the session to another organization. */
export const ORGANIZATION_CHANGED = "ORGANIZATION_CHANGED";
