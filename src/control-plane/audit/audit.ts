import { randomId } from "../../lib/random-id.ts";
import type { AuditAction } from "../../protocol/audit-actions.ts";
import type { AuditWriter } from "../store/contract/audit.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";
import type { KeyRecord } from "../store/contract/keys.ts";
import type { NodeRecord } from "../store/contract/nodes.ts";
import type { MembershipReader, SessionReader } from "../store/contract/people.ts";
import type { ExecutorReference } from "../store/contract/references.ts";

/** Who makes a change, as the audit log names them. */
export interface Actor {
  /** The person's id. Null for the local operator. */
  readonly id: string | null;
  readonly name: string;
  readonly source: "management socket" | "page";
  /** Whether the actor may know of the organization's keys and executors. */
  reaches(organizationId: string): boolean;
  /**
   * Whether the actor still has the right to make changes. Asked in the transaction, because a
   * request may wait for it. Rejects with UNAUTHENTICATED if their session has ended at `at`, epoch
   * ms.
   */
  mayStillChange(reader: { readonly people: MembershipReader & SessionReader }, at: number): Promise<boolean>;
}

/** Somebody who may open the 0600 socket. Node cannot ask the kernel who it is. */
export const LOCAL_OPERATOR: Actor = {
  id: null,
  name: "local operator",
  source: "management socket",
  reaches: () => true,
  mayStillChange: async () => true,
};

type KeyAction = Extract<AuditAction, `api_key.${string}`>;
type NodeAction = Extract<AuditAction, `node.${string}`>;
type ExecutorAction = Extract<AuditAction, `executor.${string}`>;
export type PeopleAction = Extract<AuditAction, `member.${string}` | `person.${string}`>;

/** The only details of a key's event: never a secret, never free text. */
interface AuditDetails {
  readonly fingerprint: string;
  readonly expiresAt?: number | null;
  readonly revokesAt?: number;
  readonly target?: string;
  /** The executor whose access was revoked, if the request named one. */
  readonly executor?: string;
  /** Id of the key that this one succeeds. */
  readonly rotatedFrom?: string;
  /** Id of its successor. */
  readonly rotatedTo?: string;
}

interface KeyEvent {
  readonly actor: Actor;
  readonly action: KeyAction;
  readonly key: KeyRecord;
  readonly details?: Omit<AuditDetails, "fingerprint">;
  readonly at: number;
}

/** Records a change to a key, in the transaction that makes it: acknowledged means audited. */
export async function auditKey(audit: AuditWriter, { key, details, ...event }: KeyEvent): Promise<void> {
  const allowed: AuditDetails = { fingerprint: key.fingerprint, ...details };
  await record(audit, "api_key", {
    ...event,
    organizationId: key.organization.id,
    target: key,
    details: allowed,
  });
}

interface PersonEvent {
  readonly actor: Actor;
  readonly action: PeopleAction;
  readonly organizationId: string;
  /** Never an invitation's id, because that is its link. */
  readonly target: { readonly id: string; readonly name: string };
  readonly details: { readonly role?: string; readonly name?: string };
  readonly at: number;
}

/** Records a change to a person's place in an organization. */
export async function auditPerson(audit: AuditWriter, event: PersonEvent): Promise<void> {
  await record(audit, "person", event);
}

interface ExecutorEvent {
  readonly actor: Actor;
  readonly action: ExecutorAction;
  readonly executor: Pick<ExecutorRecord, "id" | "name" | "organizationId">;
  readonly details: {
    readonly lastSyncAt: number | null;
    /** Ids of the keys that were revoked with the executor. */
    readonly revokedKeys?: readonly string[];
  };
  readonly at: number;
}

/** Records a change to an executor, in the transaction that makes it. */
export async function auditExecutor(audit: AuditWriter, event: ExecutorEvent): Promise<void> {
  const { executor, ...rest } = event;
  await record(audit, "executor", {
    ...rest,
    organizationId: executor.organizationId,
    target: executor,
  });
}

interface NodeEvent {
  readonly actor: Actor;
  readonly action: NodeAction;
  readonly node: Pick<NodeRecord, "id" | "name" | "organizationId" | "revision"> & {
    readonly executor: ExecutorReference;
  };
  readonly details: {
    readonly chain?: string;
    readonly network?: string;
    /** Names of what was changed: `overrides.node.dbcache`. Never a value. */
    readonly changed?: readonly string[];
    readonly requested?: "start" | "stop" | "restart";
    readonly keepData?: boolean;
  };
  readonly at: number;
}

/** Records a change to a node, in the transaction that makes it. */
export async function auditNode(audit: AuditWriter, event: NodeEvent): Promise<void> {
  const { node, details, ...rest } = event;
  await record(audit, "node", {
    ...rest,
    organizationId: node.organizationId,
    target: node,
    details: { executor: node.executor.name, revision: node.revision, ...details },
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
  targetType: "api_key" | "person" | "executor" | "node",
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
