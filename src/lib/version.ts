/**
 * The version of both programs; a test compares it to package.json, which the single binary lacks.
 */
export const VERSION = "0.1.0";
