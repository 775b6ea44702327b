import { VERSION } from "../../../../src/lib/version.ts";

/** Of the second package that the suite builds, to upgrade to. */
export const NEWER_VERSION = `${VERSION}+next`;
