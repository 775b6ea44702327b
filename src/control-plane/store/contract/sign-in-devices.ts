/** A browser that somebody has signed in with before, known by a secret in its cookie. */
export interface SignInDevice {
  /** SHA-256 of the secret, in hex: the secret itself is nowhere but in the cookie. */
  readonly hash: string;
  readonly personId: string;
  /** The person's, in lower case. */
  readonly email: string;
  /** The last sign-in with it, epoch ms. */
  readonly lastUsedAt: number;
}

/** Rejects with `StoreUnavailable` alone. */
export interface SignInDeviceReader {
  device(hash: string): Promise<SignInDevice | undefined>;
}

/**
 * A person's devices are forgotten by the database itself with whatever changes their password,
 * takes them out of an organization, or deletes them.
 */
export interface SignInDeviceWriter extends SignInDeviceReader {
  /**
   * Keeps a device, or the moment of its last use, and of the person no more than the `most` that
   * were used last.
   */
  keepDevice(device: Omit<SignInDevice, "email">, most: number): Promise<void>;
}
