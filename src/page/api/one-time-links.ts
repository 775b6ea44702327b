import type { Operation } from "./answer.ts";
import { anything, auth } from "./auth-operation.ts";

interface NewAccount {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** Creates the first account, and signs in to it. */
export function setUp(token: string, account: NewAccount): Operation<unknown> {
  return auth("/one-time-link/set-up", { token, ...account }, anything);
}

export function signInByLink(token: string): Operation<unknown> {
  return auth("/one-time-link/sign-in", { token }, anything);
}
