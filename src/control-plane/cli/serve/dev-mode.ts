import { isLoopbackHost } from "../../../lib/loopback.ts";
import { type Settings, SettingsError } from "../../settings/settings.ts";

export interface ServeOptions {
  /** How to give a key to the agent beside it. Set: this is a control plane in development. */
  readonly dev?: string;
}

/** Throws a SettingsError if a control plane in development would be open to other hosts. */
export function requireLoopback({ host, people }: Settings, { dev }: ServeOptions): void {
  if (dev === undefined) {
    return;
  }
  const isOpen = !isLoopbackHost(host);
  if (isOpen || people === undefined || !isLoopbackHost(new URL(people.origin).hostname)) {
    throw new SettingsError(
      `the environment is not valid with --dev: ${isOpen ? "HOST" : "BETTER_AUTH_URL"} must be this host, such as ${
        isOpen ? "127.0.0.1" : "http://127.0.0.1:3000"
      }`,
    );
  }
}
