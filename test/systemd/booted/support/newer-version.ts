import { VERSION } from "../../../../src/lib/version.ts";

/** The version of the suite's second package, to which tests upgrade. */
export const NEWER_VERSION = `${VERSION}+next`;
