import { inspect } from "node:util";
import { guardSecret, type SecretGuard } from "../../lib/log/secret-guard.ts";
import { keyFingerprint } from "../../protocol/fingerprint.ts";

const secrets = new WeakMap<ExecutorKey, { readonly secret: string; readonly guard: SecretGuard }>();

/**
 * An executor's API key. In every context that prints (string, JSON, `util.inspect`, error) it is
 * its fingerprint, and no outlet lets a piece of it pass (lib/secret-guard.ts); only `revealKey`
 * gives the secret, and test/architecture.test.ts names who may call it.
 */
export class ExecutorKey {
  readonly fingerprint: string;

  /** `secret` has passed `diagnoseKey`: only a well-formed key has a fingerprint, a pasted password must not become guessable. */
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

/** The secret itself: for the authorization header and for the file that set-key writes, nowhere else. */
export function revealKey(key: ExecutorKey): string {
  const secret = secrets.get(key)?.secret;
  if (secret === undefined) {
    throw new TypeError("not an ExecutorKey of this process");
  }
  return secret;
}
