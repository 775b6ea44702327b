/** The version of both programs; a test holds it equal to package.json, which a single binary does not carry. */
export const VERSION = "0.1.0";
