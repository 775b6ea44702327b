/** A browser that a person has signed in with before, known by a secret in its cookie. */
export interface SignInDevice {
  /** SHA-256 of the secret, in hex. The secret itself exists only in the cookie. */
  readonly hash: string;
  readonly personId: string;
  /** The person's address, in lower case. */
  readonly email: string;
  /** When it was last used to sign in. */
  readonly lastUsedAt: number;
}

export interface SignInDeviceReader {
  find(hash: string): Promise<SignInDevice | undefined>;
}

/**
 * The database itself forgets a person's devices when their password changes, when they leave an
 * organization and when they are deleted, no matter who makes that change.
 */
export interface SignInDeviceWriter extends SignInDeviceReader {
  /** Adds the device or its last use. Keeps only the `most` devices the person used last. */
  keep(device: Omit<SignInDevice, "email">, most: number): Promise<void>;
}
