/**
 * The header in which the page names, by its id, the organization that it shows. It never selects
 * one: a server refuses what is sent from a page of another organization than the session is about.
 */
export const SHOWN_ORGANIZATION_HEADER = "novacula-organization";

/** Code of the refusal (HTTP 409): another tab has switched the session to another organization. */
export const ORGANIZATION_CHANGED = "ORGANIZATION_CHANGED";
