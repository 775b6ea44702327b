/**
 * The `code` of a 503 from a server that is too busy for the request and has done nothing of it.
 */
export const OVERLOADED = "OVERLOADED";
