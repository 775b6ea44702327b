import type { TransitionKind } from "../../../protocol/statuses.ts";
import type { ExecutorProcess } from "../../../protocol/sync.ts";
import type { Damageable } from "./damageable.ts";
import type { BoundKey, KeyRecord } from "./keys.ts";
import type { ExecutorFilter, ExecutorHealth, ExecutorPage, ListMoment, VersionCount } from "./lists.ts";
import type { ExecutorReference, KeyReference } from "./references.ts";

/** How many transitions of each executor are kept. */
export const MAX_TRANSITIONS = 50;

/** What every sync needs to know of its executor. */
export interface BoundExecutor extends ExecutorReference, Damageable {
  /** Undefined if it cannot be read. */
  readonly kind: string | undefined;
  /** Null if its key was deleted. */
  readonly keyId: string | null;
  /** Lineage of its last key, which may be deleted. Null if unknown. */
  readonly lineageId: string | null;
}

/** Other executors that a lineage's keys serve. */
export interface LineageUse {
  /** One that is bound to a key of the lineage. */
  readonly executor: ExecutorReference | undefined;
  /** One that a key of the lineage was made for. */
  readonly target: ExecutorReference | undefined;
}

/** What an executor reports about itself in every sync. */
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
  /** When its only process was stopped. It counts if no sync is later. */
  readonly stoppedAt: number | null;
  readonly key: BoundKey | null;
  /** The last sync under its name that was refused with a 403. */
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

/** Why a sync was refused. */
export interface ExecutorRefusal {
  readonly key: KeyReference;
  readonly reason: string;
  readonly message: string;
  readonly address: string | null;
  readonly at: number;
}

/** Which process of an executor it is. */
export interface InstanceDeclaration {
  readonly instanceId: string;
  /** Null if it does not say. */
  readonly process: ExecutorProcess | null;
}

/** A process that may have synced with another control plane. */
export interface InstanceElsewhere extends InstanceDeclaration {
  readonly executorId: string;
  readonly hostName: string;
  readonly address: string | null;
  readonly lastSyncAt: number;
}

/** What the store knows of where an executor is. */
export interface Whereabouts {
  readonly id: string;
  readonly lastSyncAt: number | null;
  /** By the last transition of its timeline; null: it has none. */
  readonly isOnline: boolean | null;
}

/** One key's use by an executor. */
export interface ExecutorKeyUse extends Damageable {
  readonly key: KeyReference;
  readonly firstUsedAt: number;
  readonly lastUsedAt: number;
  /** Of the last use; null: unknown, as in rows of earlier versions. */
  readonly address: string | null;
}

/** A change in what became of an executor. */
export interface NewTransition {
  readonly kind: TransitionKind;
  readonly at: number;
  /** Of `offline`: silent or stopped. Of `refused`: the reason. */
  readonly cause: string | null;
  readonly address: string | null;
  /** Default: the key that the executor is bound to. */
  readonly key?: KeyReference;
}

export interface ExecutorTransition extends Omit<NewTransition, "key"> {
  readonly key: KeyReference | null;
}

/** What every sync asks. */
export interface ExecutorLookup {
  bound(organizationId: string, name: string): Promise<BoundExecutor | undefined>;
}

/** What a sync asks before a key enrols an executor or takes one over. */
export interface LineageReader {
  /** Executors other than `executorId` that the lineage serves. */
  lineageUse(lineageId: string, executorId: string): Promise<LineageUse>;
  /** How many existing executors the lineage has enrolled. */
  enrolledCount(lineageId: string): Promise<number>;
}

export interface ExecutorReader extends ExecutorLookup, LineageReader {
  /** In any organization. */
  byId(id: string): Promise<ExecutorRecord | undefined>;
  /** By id. Undefined if the executor belongs to another organization. */
  inOrganization(organizationId: string, id: string): Promise<ExecutorRecord | undefined>;
  byName(organizationId: string, name: string): Promise<ExecutorRecord | undefined>;
  list(organizationId: string, page: ExecutorPage): Promise<readonly ExecutorRecord[]>;
  count(organizationId: string, filter: ExecutorFilter, moment: ListMoment): Promise<number>;
  health(organizationId: string, moment: ListMoment): Promise<ExecutorHealth>;
  /** The versions that most executors run, at most 50. */
  versions(organizationId: string): Promise<readonly VersionCount[]>;
  /** Executors of all organizations whose last sync is at `sinceMs` or later. */
  syncedSince(sinceMs: number): Promise<readonly ExecutorRecord[]>;
  /** Of those that exist, in any order. */
  whereabouts(ids: readonly string[]): Promise<readonly Whereabouts[]>;
  /** Of executors with another process that synced after `sinceMs`: the last two, oldest first. */
  lastTwoInstances(sinceMs: number): Promise<readonly InstanceElsewhere[]>;
  /** Executors that are bound to the key, by name. */
  onKey(keyId: string, limit: number): Promise<readonly ExecutorReference[]>;
  /** By last use, newest first. */
  keyUses(executorId: string, limit: number): Promise<readonly ExecutorKeyUse[]>;
  /** The last `MAX_TRANSITIONS`, newest first. */
  transitions(executorId: string): Promise<readonly ExecutorTransition[]>;
}

export interface ExecutorWriter extends ExecutorReader {
  insert(executor: NewExecutor): Promise<void>;
  /** `kind` replaces the executor's own, which may be unreadable. */
  bind(executorId: string, key: Pick<KeyRecord, "id" | "lineageId">, kind: string): Promise<void>;
  /** Its history, and the keys made for it, keep its id and name. */
  delete(id: string): Promise<void>;
}
