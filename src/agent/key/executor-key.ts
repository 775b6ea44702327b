import { inspect } from "node:util";
import { guardSecret, type SecretGuard } from "../../lib/log/secret-guard.ts";
import { keyFingerprint } from "../../protocol/fingerprint.ts";

const secrets = new WeakMap<ExecutorKey, { readonly secret: string; readonly guard: SecretGuard }>();

/**
 * An executor key. Printed in any way (string, JSON, `util.inspect`, error), it shows only its
 * fingerprint. Every output removes pieces of the secret (lib/log/secret-guard.ts). Only
 * `revealKey` returns the secret; test/architecture.test.ts lists its callers.
 */
export class ExecutorKey {
  readonly fingerprint: string;

  /**
   * `secret` must have passed `diagnoseKey`: the fingerprint of a pasted password would help to
   * guess it.
   */
  constructor(secret: string) {
    this.fingerprint = keyFingerprint(secret);
    secrets.set(this, { secret, guard: guardSecret(secret) });
  }

  equals(other: ExecutorKey): boolean {
    return secrets.get(this)?.secret === secrets.get(other)?.secret;
  }

  toString(): string {
    return `key ${this.fingerprint}`;
  }

  toJSON(): string {
    return this.fingerprint;
  }

  [inspect.custom](): string {
    return `ExecutorKey(${this.fingerprint})`;
  }
}

/** Returns the secret. Only for the authorization header and for the file that set-key writes. */
export function revealKey(key: ExecutorKey): string {
  const secret = secrets.get(key)?.secret;
  if (secret === undefined) {
    throw new TypeError("not an ExecutorKey of this process");
  }
  return secret;
}
