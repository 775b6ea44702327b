/** `code` of a 503 that is a refusal: the server has no place for this request now, and did nothing of it. */
export const OVERLOADED = "OVERLOADED";
