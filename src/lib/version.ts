/**
 * The version of both programs. A test compares it with package.json, which the single binary does
 * not contain.
 */
export const VERSION = "0.1.0";
