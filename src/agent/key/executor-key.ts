import { inspect } from "node:util";
import { guardSecret, type SecretGuard } from "../../lib/log/secret-guard.ts";
import { keyFingerprint } from "../../protocol/fingerprint.ts";

const secrets = new WeakMap<ExecutorKey, { readonly secret: string; readonly guard: SecretGuard }>();

/**
 * An executor key. Whatever prints it (string, JSON, `util.inspect`, error) prints its fingerprint,
 * and every outlet removes pieces of it (lib/log/secret-guard.ts). Only `revealKey` returns the
 * secret; test/architecture.test.ts lists its callers.
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

/** The secret, for the authorization header and for the file that set-key writes; nowhere else. */
export function revealKey(key: ExecutorKey): string {
  const secret = secrets.get(key)?.secret;
  if (secret === undefined) {
    throw new TypeError("not an ExecutorKey of this process");
  }
  return secret;
}
