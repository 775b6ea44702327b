import type { Dialect } from "kysely";
import type { AuditEvent, NewAuditEvent } from "./audit-event.ts";
import type { Damageable } from "./damage.ts";
import type {
  BoundExecutor,
  ExecutorDeclaration,
  ExecutorKeyUse,
  ExecutorRecord,
  ExecutorReference,
  ExecutorRefusal,
  KeyReference,
  KeyUse,
  LineageUse,
  NamedExecutor,
  NewExecutor,
} from "./executor-records.ts";
import type { Organization, PeopleReader, PeopleWriter } from "./people-store.ts";
import type { SignInDeviceReader, SignInDeviceWriter } from "./sign-in-devices.ts";

/**
 * Where the control plane keeps what must survive it. Callers see records and never SQL, so that a second engine can
 * stand behind the same interface. Every method may reject with `StoreUnavailable`, never with anything of the engine's.
 *
 * What is read outside a transaction is committed. Transactions run one after the other, and a resolved one is on disk.
 * Times are milliseconds since the Unix epoch; null is "not", "none" or "never".
 */

export type * from "./executor-records.ts";
export type { AuditEvent, NewAuditEvent, Organization };

/** An executor key without its secret: of that there is only the hash, and only the store sees it. */
export interface KeyRecord extends Damageable {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly organization: Organization;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  /** False from the moment of a revocation on. */
  readonly isEnabled: boolean;
  readonly revokedAt: number | null;
  /** End of the grace that a rotation left to it; revoked from then on. */
  readonly revokesAt: number | null;
  /** Shared by a key and all that were rotated from it. */
  readonly lineageId: string;
  readonly target: NamedExecutor | null;
}

/** A key as far as every sync has to know it. */
export type PresentedKey = Omit<KeyRecord, "lastUsedAt">;

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

/** What happens on every sync and is written behind: the newest of each kind wins. */
export type Activity =
  | { readonly kind: "key-used"; readonly keyId: string; readonly at: number }
  | {
      readonly kind: "synced";
      readonly executorId: string;
      readonly key: KeyReference;
      readonly declaration: ExecutorDeclaration;
      readonly at: number;
    }
  | { readonly kind: "refused"; readonly executorId: string; readonly refusal: ExecutorRefusal };

/** A list's window: at most `limit` entries, after the one with id `before` in the list's order (newest first). */
export interface Page {
  readonly limit: number;
  readonly before: string | null;
}

export interface SearchPage extends Page {
  /** Anywhere in the name, whatever its case, or the beginning of an id or fingerprint; null: everything. */
  readonly search: string | null;
}

/** Everything that is not null has to be so. */
export interface AuditPage extends Page {
  readonly action: string | null;
  /** Anywhere in the actor's name, whatever its case. */
  readonly actor: string | null;
  /** The id of the target, or the beginning of its name, whatever its case; see schema.graphql for many names. */
  readonly target: string | null;
  /** Not before. */
  readonly from: number | null;
  /** Before. */
  readonly to: number | null;
}

export interface StoreReader {
  readonly people: PeopleReader;
  readonly devices: SignInDeviceReader;
  organizations(limit: number): Promise<readonly Organization[]>;
  /** By id or slug. */
  organization(reference: string): Promise<Organization | undefined>;
  /** As it is now, whichever process changed it. */
  keyByHash(hash: string): Promise<PresentedKey | undefined>;
  key(id: string): Promise<KeyRecord | undefined>;
  keys(organizationId: string, page: SearchPage): Promise<readonly KeyRecord[]>;
  /** The key that was issued last among those rotated from one another. */
  newestOfLineage(lineageId: string): Promise<KeyRecord | undefined>;
  /** By last use, newest first. */
  keyUses(keyId: string, limit: number): Promise<readonly KeyUse[]>;
  keyUseCount(keyId: string): Promise<number>;
  executorByName(organizationId: string, name: string): Promise<ExecutorRecord | undefined>;
  /**
   * As it was when a key was last looked for (`keyByHash`), or later: an executor is asked for with
   * a key.
   */
  boundExecutor(organizationId: string, name: string): Promise<BoundExecutor | undefined>;
  /** By id; undefined also where it is another organization's. */
  executor(organizationId: string, id: string): Promise<ExecutorRecord | undefined>;
  /** Of whichever organization. */
  executorById(id: string): Promise<ExecutorRecord | undefined>;
  executors(organizationId: string, page: SearchPage): Promise<readonly ExecutorRecord[]>;
  /** Of every organization: those whose last sync is not older than `sinceMs`. */
  executorsSyncedSince(sinceMs: number): Promise<readonly ExecutorRecord[]>;
  /**
   * The keys that serve this executor and no other, without those that are revoked at `now`: those
   * of its lineage, where that has no other executor, and those made for it. Oldest first, at most
   * 100.
   */
  keysOfExecutor(executorId: string, now: number): Promise<readonly KeyRecord[]>;
  /** Whom the lineage serves beside the executor of that id. */
  lineageUse(lineageId: string, executorId: string): Promise<LineageUse>;
  /** How many of today's executors the lineage has enrolled. */
  enrolledCount(lineageId: string): Promise<number>;
  /** Newest first. */
  executorKeyUses(executorId: string, limit: number): Promise<readonly ExecutorKeyUse[]>;
  /** The executors that are bound to the key just now, by name. */
  executorsOn(keyId: string, limit: number): Promise<readonly ExecutorReference[]>;
  auditEvents(organizationId: string, page: AuditPage): Promise<readonly AuditEvent[]>;
}

export interface StoreTransaction extends StoreReader {
  readonly people: PeopleWriter;
  readonly devices: SignInDeviceWriter;
  insertOrganization(organization: Organization & { readonly createdAt: number }): Promise<void>;
  insertKey(key: NewKey): Promise<void>;
  revokeKey(id: string, at: number): Promise<void>;
  endKeyAt(id: string, revokesAt: number, at: number): Promise<void>;
  /** Unbinds its executors; their history keeps the key's id, name and fingerprint. */
  deleteKey(id: string): Promise<void>;
  insertExecutor(executor: NewExecutor): Promise<void>;
  /** The kind is the executor's own, but for one that cannot be read. */
  bindExecutor(executorId: string, key: Pick<KeyRecord, "id" | "lineageId">, kind: string): Promise<void>;
  /** Its history and the keys made for it keep its id and name. */
  deleteExecutor(id: string): Promise<void>;
  record(activities: readonly Activity[]): Promise<void>;
  insertAuditEvent(event: NewAuditEvent): Promise<void>;
}

export interface Store extends StoreReader {
  /** All of `work` or nothing: a rejection rolls back. `work` awaits nothing but the transaction it is given. */
  transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
  /** All or nothing; once resolved it survives the end of the process, but not yet of the machine's power. */
  record(activities: readonly Activity[]): Promise<void>;
  /** What better-auth reads and writes people through. */
  betterAuthDatabase(): { readonly dialect: Dialect; readonly type: "sqlite" | "postgres" };
  /** Looks anew why what the store says cannot be relied on; undefined where it can. */
  problem(): StoreProblem | undefined;
  close(): Promise<void>;
}

/** For the operator. */
export interface StoreProblem {
  /** What happened. */
  readonly reason: string;
  /** What to do. */
  readonly remedy: string;
}

/** The store cannot answer just now (busy, disk full, I/O, closed): 503, and never 401. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
