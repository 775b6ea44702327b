import { randomId } from "../../lib/random-id.ts";
import type { AuditAction } from "../../protocol/audit-actions.ts";
import type { AuditWriter } from "../store/contract/audit.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { KeyRecord } from "../store/contract/keys.ts";
import type { MembershipReader } from "../store/contract/people.ts";

/** Who does something, as the audit log names them, and where. */
export interface Actor {
  /** The person's id; null where it is none of the people. */
  readonly id: string | null;
  readonly name: string;
  readonly source: "management socket" | "page";
  /** Whether the organization is one whose keys and executors exist for this actor. */
  reaches(organizationId: string): boolean;
  /** Whether changes are still theirs to make: asked in the transaction, since a request waits its turn. */
  mayStillChange(reader: { readonly people: MembershipReader }): Promise<boolean>;
}

/** A person who may open the 0600 socket; Node cannot ask the kernel who that was. */
export const LOCAL_OPERATOR: Actor = {
  id: null,
  name: "local operator",
  source: "management socket",
  reaches: () => true,
  mayStillChange: async () => true,
};

export type KeyAction = Extract<AuditAction, `api_key.${string}`>;
export type ExecutorAction = Extract<AuditAction, `executor.${string}`>;
export type PeopleAction = Extract<AuditAction, `member.${string}` | `person.${string}`>;

/** All that an audit event may tell beside the key's id and name: never a secret, never a free text. */
export interface AuditDetails {
  readonly fingerprint: string;
  readonly expiresAt?: number | null;
  readonly revokesAt?: number;
  readonly target?: string;
  /** The executor whose access was revoked, where that was what was asked for. */
  readonly executor?: string;
  /** Id of the key that this one was rotated from. */
  readonly rotatedFrom?: string;
  /** Id of the key that took its place. */
  readonly rotatedTo?: string;
}

export interface KeyEvent {
  readonly actor: Actor;
  readonly action: KeyAction;
  readonly key: KeyRecord;
  readonly details?: Omit<AuditDetails, "fingerprint">;
  readonly at: number;
}

/** Records what was done to a key, in the transaction that does it: acknowledged means audited. */
export async function auditKey(audit: AuditWriter, { key, details, ...event }: KeyEvent): Promise<void> {
  const allowed: AuditDetails = { fingerprint: key.fingerprint, ...details };
  await record(audit, "api_key", {
    ...event,
    organizationId: key.organization.id,
    target: key,
    details: allowed,
  });
}

export interface PersonEvent {
  readonly actor: Actor;
  readonly action: PeopleAction;
  readonly organizationId: string;
  /** Never an invitation's id, which is its link. */
  readonly target: { readonly id: string; readonly name: string };
  readonly details: { readonly role?: string };
  readonly at: number;
}

/** Records what was done to somebody's place in an organization. */
export async function auditPerson(audit: AuditWriter, event: PersonEvent): Promise<void> {
  await record(audit, "person", event);
}

export interface ExecutorEvent {
  readonly actor: Actor;
  readonly action: ExecutorAction;
  readonly executor: Pick<ExecutorRecord, "id" | "name" | "organizationId">;
  readonly details: {
    readonly lastSyncAt: number | null;
    /** Ids of the keys that were revoked with it. */
    readonly revokedKeys?: readonly string[];
  };
  readonly at: number;
}

/** Records what was done to an executor, in the transaction that does it. */
export async function auditExecutor(audit: AuditWriter, event: ExecutorEvent): Promise<void> {
  const { executor, ...rest } = event;
  await record(audit, "executor", {
    ...rest,
    organizationId: executor.organizationId,
    target: executor,
  });
}

interface RecordedEvent {
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly organizationId: string;
  readonly target: { readonly id: string; readonly name: string };
  readonly details: object;
  readonly at: number;
}

async function record(
  audit: AuditWriter,
  targetType: "api_key" | "person" | "executor",
  { actor, action, organizationId, target, details, at }: RecordedEvent,
): Promise<void> {
  await audit.insert({
    id: randomId(),
    organizationId,
    at,
    actor: actor.name,
    actorId: actor.id,
    action,
    targetType,
    targetId: target.id,
    targetName: target.name,
    details: JSON.stringify(details),
    source: actor.source,
  });
}
