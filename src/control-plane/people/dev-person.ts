import { randomPassword } from "../../lib/random-id.ts";

/** The only person of a control plane in development. They sign in by one-time links. */
export const DEV_EMAIL = "dev@example.com";

/** With a password that nobody knows. */
export function devPerson(): { readonly email: string; readonly password: string } {
  return { email: DEV_EMAIL, password: randomPassword() };
}
