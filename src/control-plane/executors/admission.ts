import { printable } from "../../lib/printable.ts";
import type { ForbiddenReason } from "../../protocol/refusal.ts";
import { type ApiError, forbidden } from "../api-error.ts";
import type { SyncInput } from "../graphql/request/inputs.ts";
import type {
  BoundExecutor,
  ExecutorLookup,
  LineageReader,
  LineageUse,
} from "../store/contract/executors.ts";
import type { PresentedKey } from "../store/contract/keys.ts";

type Admitted = Omit<BoundExecutor, "name" | "damaged">;

/** All facts that decide whether a valid key may act for an executor. */
export interface AdmissionFacts {
  readonly executorName: string;
  /** The organization that the executor was in before, as it says. */
  readonly expectedOrganizationId: string | undefined;
  /** Undefined for `currentKey`, which does not sync. */
  readonly kind: string | undefined;
  readonly key: Pick<PresentedKey, "id" | "name" | "organization" | "target" | "lineageId">;
  /** The executor with this name in the key's organization. */
  readonly executor: Admitted | undefined;
  /**
   * What else the key's lineage serves. Undefined if `executor` is new or of this lineage, since
   * then nothing is taken over.
   */
  readonly lineage: LineageUse | undefined;
  /**
   * How many existing executors the key's lineage has enrolled; 0, and not counted, if the executor
   * exists already.
   */
  readonly enrolled: number;
  readonly maxEnrolled: number;
}

export type Admission =
  | { readonly kind: "admitted"; readonly isBound: boolean }
  | { readonly kind: "refused"; readonly reason: ForbiddenReason; readonly message: string };

/**
 * Applies the rules in order; the first that matches decides. A key serves the executors of its
 * lineage, which is the key with all keys that were rotated from one another. It enrols names that
 * do not exist yet. It takes over an executor of another lineage, or of a deleted key, only if it
 * was made for that executor or if its whole lineage serves nobody.
 */
export function admit(facts: AdmissionFacts): Admission {
  return (
    wrongOrganization(facts) ??
    deletedTarget(facts) ??
    otherTarget(facts) ??
    otherKind(facts) ??
    boundAlready(facts) ??
    tooManyEnrolled(facts) ??
    takenFromOthers(facts) ?? { kind: "admitted", isBound: false }
  );
}

/** What an executor says about itself. */
export type Claim = Pick<AdmissionFacts, "executorName" | "expectedOrganizationId" | "kind">;

/** What a sync claims. */
export function claimOf({ name: executorName, kind, expectedOrganizationId }: SyncInput): Claim {
  return { executorName, kind, expectedOrganizationId };
}

/** What admission asks of the store. */
export interface AdmissionReads {
  readonly executors: ExecutorLookup;
  readonly lineages: LineageReader;
}

/**
 * Reads the facts from the store: outside a transaction for a first verdict, inside for the final
 * one.
 */
export async function admissionFacts(
  { executors, lineages }: AdmissionReads,
  key: PresentedKey,
  claim: Claim,
  maxEnrolled: number,
): Promise<AdmissionFacts & { readonly executor: BoundExecutor | undefined }> {
  const executor = await executors.bound(key.organization.id, claim.executorName);
  // An ordinary sync enrols and takes over nobody, so it skips the two queries below.
  const enrolled = executor === undefined ? await lineages.enrolledCount(key.lineageId) : 0;
  const lineage =
    executor === undefined || isOfLineage(executor, key)
      ? undefined
      : await lineages.lineageUse(key.lineageId, executor.id);
  return { ...claim, key, executor, lineage, enrolled, maxEnrolled };
}

function isOfLineage(executor: Admitted, key: Pick<PresentedKey, "id" | "lineageId">): boolean {
  return executor.keyId === key.id || executor.lineageId === key.lineageId;
}

function boundAlready({ key, executor }: AdmissionFacts): Admission | undefined {
  if (executor?.keyId !== key.id) {
    return undefined;
  }
  return { kind: "admitted", isBound: executor.kind !== undefined };
}

function wrongOrganization({ expectedOrganizationId, key }: AdmissionFacts): Admission | undefined {
  if (expectedOrganizationId === undefined || expectedOrganizationId === key.organization.id) {
    return undefined;
  }
  return refused(
    "wrong_organization",
    `this key belongs to organization ${printable(key.organization.slug)}, but the executor was in another one: ` +
      "use a key of the executor's own organization",
  );
}

/** Also refuses a new executor of the same name: the key was not made for that one. */
function deletedTarget({ key, executorName }: AdmissionFacts): Admission | undefined {
  if (key.target?.isDeleted !== true) {
    return undefined;
  }
  return refused(
    "target_deleted",
    `this key was made for executor ${printable(key.target.name)}, which was deleted: ` +
      `create a key without a target for ${printable(executorName)}`,
  );
}

function otherTarget({ key, executor, executorName }: AdmissionFacts): Admission | undefined {
  if (key.target === null || key.target.id === executor?.id) {
    return undefined;
  }
  return refused(
    "key_targets_other_executor",
    `this key was made for executor ${printable(key.target.name)}, not for ${printable(executorName)}: ` +
      `call this one ${printable(key.target.name)}, which keeps the nodes of that executor, ` +
      `or create a key for ${printable(executorName)}`,
  );
}

function otherKind({ kind, executor, executorName }: AdmissionFacts): Admission | undefined {
  // A kind that cannot be read is undefined, and this sync writes it again.
  if (kind === undefined || executor?.kind === undefined || executor.kind === kind) {
    return undefined;
  }
  return refused(
    "kind_mismatch",
    `${printable(executorName)} has been an executor of kind ${executor.kind} since its first sync, and this one is of kind ${kind}: ` +
      "rename one of the two",
  );
}

function tooManyEnrolled({ key, executor, executorName, enrolled, maxEnrolled }: AdmissionFacts) {
  if (executor !== undefined || enrolled < maxEnrolled) {
    return undefined;
  }
  return refused(
    "key_executor_limit",
    `key ${printable(key.name)} and the keys it was rotated from have enrolled ${maxEnrolled} executors, ` +
      `and may enrol no more: create another key for ${printable(executorName)}, delete executors that are gone, ` +
      "or raise MAX_EXECUTORS_PER_KEY",
  );
}

function takenFromOthers({ key, executor, executorName, lineage }: AdmissionFacts): Admission | undefined {
  if (executor === undefined || key.target !== null || isOfLineage(executor, key)) {
    return undefined;
  }
  const { executor: other, target } = lineage ?? {};
  const remedy = `create a key for ${printable(executorName)}`;
  if (other !== undefined) {
    const theirs =
      executor.keyId === null
        ? `${printable(executorName)} was bound to another key, which was deleted: ${remedy}`
        : `${printable(executorName)} is bound to another key: ${remedy}, or rotate the one that it has`;
    return refused(
      "key_held_by_other_executor",
      `this key, or one that shares its rotations, serves executor ${printable(other.name)}, and ${theirs}`,
    );
  }
  if (target === undefined) {
    return undefined;
  }
  return refused(
    "key_targets_other_executor",
    `a key that shares this key's rotations was made for executor ${printable(target.name)}: ${remedy}`,
  );
}

function refused(reason: ForbiddenReason, message: string): Admission {
  return { kind: "refused", reason, message };
}

/** What the executor is told. Its agent knows the organization that the executor was in. */
export function admissionRefusal(
  { organization }: Pick<PresentedKey, "organization">,
  { reason, message }: Extract<Admission, { kind: "refused" }>,
): ApiError {
  return forbidden(
    reason,
    message,
    reason === "wrong_organization" ? { organization: organization.slug } : {},
  );
}
