import type { LinkPurpose } from "../contract/one-time-links.ts";

/** How one-time links are stored in better-auth's table `verification`. */
export const LINK_PREFIX = "one-time-link:";
const SET_UP = "set-up";
const SIGN_IN = "sign-in:";

export function linkValue(purpose: LinkPurpose): string {
  return purpose.kind === "set-up" ? SET_UP : `${SIGN_IN}${purpose.personId}`;
}

/** Undefined if the value is none of ours. */
export function linkPurpose(value: string): LinkPurpose | undefined {
  if (value === SET_UP) {
    return { kind: "set-up" };
  }
  return value.startsWith(SIGN_IN) ? { kind: "sign-in", personId: value.slice(SIGN_IN.length) } : undefined;
}
