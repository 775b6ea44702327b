import type { Damageable } from "./damageable.ts";
import type { KeyFilter, KeyHealth, KeyPage, ListMoment } from "./lists.ts";
import type { Organization } from "./organizations.ts";
import type { ExecutorReference, KeyReference, NamedExecutor } from "./references.ts";

/**
 * An executor key without its secret. The store keeps only the secret's hash, and never returns it.
 */
export interface KeyRecord extends KeyReference, Damageable {
  readonly organization: Organization;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  /** False once the key is revoked. */
  readonly isEnabled: boolean;
  readonly revokedAt: number | null;
  /** When the grace of a rotated key ends. It counts as revoked from then on. */
  readonly revokesAt: number | null;
  /** Shared by a key and all keys rotated from it. */
  readonly lineageId: string;
  readonly target: NamedExecutor | null;
}

/** What every sync needs to know of its key. */
export type PresentedKey = Omit<KeyRecord, "lastUsedAt">;

/** The last refusal of a key, with 401 or 403. */
export interface KeyRefusal {
  readonly reason: string;
  /** What the refused executor was told. */
  readonly message: string;
  readonly address: string | null;
  /** The executor, if it exists, that the key was refused for. Null with 401. */
  readonly executorId: string | null;
  readonly at: number;
}

/** The key that an executor is bound to. */
export interface BoundKey extends KeyReference, Damageable {
  readonly expiresAt: number | null;
  readonly isEnabled: boolean;
  readonly revokedAt: number | null;
  readonly revokesAt: number | null;
  readonly lastRefusal: KeyRefusal | null;
}

export interface KeyNeighbours {
  readonly successor: KeyRecord | undefined;
  readonly predecessor: KeyRecord | undefined;
}

export interface NewKey {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret, base64url. */
  readonly hash: string;
  /** The first 6 characters of the secret, as better-auth keeps them. */
  readonly start: string;
  readonly organizationId: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lineageId: string;
  readonly target: ExecutorReference | null;
}

/** One executor's use of a key. */
export interface KeyUse extends Damageable {
  readonly executor: NamedExecutor;
  readonly firstUsedAt: number;
  readonly lastUsedAt: number;
  /** Of the last use; null: unknown, as in rows of earlier versions. */
  readonly address: string | null;
}

/** What every request with a key asks. */
export interface KeyLookup {
  byHash(hash: string): Promise<PresentedKey | undefined>;
  /** Whether the lineage has a newer key. Asked only about revoked keys. */
  hasSuccessor(key: Pick<PresentedKey, "id" | "lineageId">): Promise<boolean>;
}

export interface KeyReader extends KeyLookup {
  /** Whether there is any key, of whatever organization. */
  any(): Promise<boolean>;
  byId(id: string): Promise<KeyRecord | undefined>;
  list(organizationId: string, page: KeyPage): Promise<readonly KeyRecord[]>;
  count(organizationId: string, filter: KeyFilter, moment: ListMoment): Promise<number>;
  health(organizationId: string, moment: ListMoment): Promise<KeyHealth>;
  /** The most recently issued key of the lineage. */
  newestOfLineage(lineageId: string): Promise<KeyRecord | undefined>;
  /** The key that replaced this one, and the one that it replaced, as far as they exist. */
  neighbours(key: Pick<KeyRecord, "id" | "lineageId">): Promise<KeyNeighbours>;
  /** The keys of the lineage, newest first. */
  lineage(lineageId: string, limit: number): Promise<readonly KeyRecord[]>;
  /**
   * Keys that serve this executor and no other: those made for it, and those of its lineage if no
   * other executor is bound to it. Leaves out keys that are revoked at `now`. Oldest first, at most
   * 100.
   */
  ofExecutor(executorId: string, now: number): Promise<readonly KeyRecord[]>;
  /** By last use, newest first. */
  uses(keyId: string, limit: number): Promise<readonly KeyUse[]>;
  useCount(keyId: string): Promise<number>;
  /** Of the executors that are bound to the key, by name. */
  usesNow(keyId: string, limit: number): Promise<readonly KeyUse[]>;
  boundCount(keyId: string): Promise<number>;
  /** Of executors that are not bound to the key any more. By last use, newest first. */
  usesBefore(keyId: string, limit: number): Promise<readonly KeyUse[]>;
  /** The last refusal; undefined: there was none. */
  refusal(keyId: string): Promise<KeyRefusal | undefined>;
}

export interface KeyWriter extends KeyReader {
  insert(key: NewKey): Promise<void>;
  revoke(id: string, at: number): Promise<void>;
  /** Starts the grace of a rotated key, which ends at `revokesAt`. */
  endAt(id: string, revokesAt: number, at: number): Promise<void>;
  /** Unbinds its executors. Their history keeps the key's id, name and fingerprint. */
  delete(id: string): Promise<void>;
}
