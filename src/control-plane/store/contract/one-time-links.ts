/** What a link is for: to create the first account, or to sign in as a person. */
export type LinkPurpose =
  | { readonly kind: "set-up" }
  | { readonly kind: "sign-in"; readonly personId: string };

/** A link that works once. The secret in it is stored nowhere. */
export interface OneTimeLink {
  /** SHA-256 of the secret, in hex. */
  readonly hash: string;
  readonly purpose: LinkPurpose;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface OneTimeLinkReader {
  /** What the link with this hash is for; undefined if there is none that is valid at `now`. */
  purposeOf(hash: string, now: number): Promise<LinkPurpose | undefined>;
}

export interface OneTimeLinkWriter extends OneTimeLinkReader {
  /** Adds the link. It replaces the one before it with the same purpose. */
  replace(link: OneTimeLink): Promise<void>;
  /** As `purposeOf`, and the link is used up. */
  use(hash: string, now: number): Promise<LinkPurpose | undefined>;
}
