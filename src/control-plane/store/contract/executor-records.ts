/**
 * What is kept of executors, as store.ts has it. Times are milliseconds since the Unix epoch; null
 * is "none" or "never".
 */

import type { Damageable } from "./damage.ts";

export interface ExecutorReference {
  readonly id: string;
  readonly name: string;
}

/** An executor that may have been deleted since: its id and name are what is left of it. */
export interface NamedExecutor extends ExecutorReference {
  readonly isDeleted: boolean;
}

/** An executor as far as every sync has to know it. */
export interface BoundExecutor extends ExecutorReference, Damageable {
  /** Undefined where it cannot be read. */
  readonly kind: string | undefined;
  /** Null: its key was deleted. */
  readonly keyId: string | null;
  /**
   * Of the key that it was bound to last, also where that was deleted; null: nobody knows any more.
   */
  readonly lineageId: string | null;
}

/** Whom the keys of a lineage serve, beside one executor. */
export interface LineageUse {
  /** One that is bound to the lineage. */
  readonly executor: ExecutorReference | undefined;
  /** One that a key of the lineage was made for. */
  readonly target: ExecutorReference | undefined;
}

export interface KeyReference {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
}

/** What an executor declares of itself on every sync. */
export interface ExecutorDeclaration {
  readonly version: string;
  readonly channel: string;
  readonly hostName: string;
  readonly publicHost: string | null;
  /** JSON. */
  readonly capabilities: string;
  /** JSON. */
  readonly resources: string;
}

export interface ExecutorRecord extends ExecutorDeclaration, Damageable {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly kind: string;
  readonly createdAt: number;
  readonly lastSyncAt: number | null;
  readonly key: KeyReference | null;
  readonly lastRefusal: ExecutorRefusal | null;
}

export interface NewExecutor extends ExecutorDeclaration {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly kind: string;
  readonly createdAt: number;
  /** The lineage whose key made the first sync. */
  readonly enrolledBy: string;
}

export interface ExecutorRefusal {
  readonly key: KeyReference;
  readonly reason: string;
  readonly message: string;
  readonly address: string | null;
  readonly at: number;
}

export interface KeyUse extends Damageable {
  readonly executor: NamedExecutor;
  readonly firstUsedAt: number;
  readonly lastUsedAt: number;
}

export interface ExecutorKeyUse extends Damageable {
  readonly key: KeyReference;
  readonly firstUsedAt: number;
  readonly lastUsedAt: number;
}
