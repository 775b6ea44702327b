/**
 * The mark of an answer to a program that is the control plane's own: a header, and in an error
 * also a member of `errors[].extensions`. Gateways and proxies refuse requests in similar bodies,
 * and only the control plane knows whether a key is valid. The mark is no secret and proves nothing
 * against an attacker. It names no version.
 */
export const ANSWER_MARK_HEADER = "novacula-answered-by";
export const ANSWER_MARK_EXTENSION = "answeredBy";
export const ANSWER_MARK = "control-plane";

/** What the control plane says, with status 404, at a path that it does not have. */
export const NOTHING_HERE = "nothing is here: the control plane answers POST /graphql";

/**
 * The header of a query that the page repeats: the version of the answer that it has, or `none`. If
 * the answer is still the same, the control plane sends 204 instead of it.
 */
export const KNOWN_ANSWER_HEADER = "novacula-known-answer";

/** The header with the version of an answer. */
export const ANSWER_VERSION_HEADER = "novacula-answer-version";
