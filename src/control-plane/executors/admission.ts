import { printable } from "../../lib/printable.ts";
import type { ForbiddenReason } from "../../protocol/refusal.ts";
import type {
  BoundExecutor,
  ExecutorLookup,
  LineageReader,
  LineageUse,
} from "../store/contract/executors.ts";
import type { PresentedKey } from "../store/contract/keys.ts";

type Admitted = Omit<BoundExecutor, "name" | "damaged">;

/** Everything that decides whether a good key may act for an executor. */
export interface AdmissionFacts {
  readonly executorName: string;
  /** The organization that the executor says it has been in. */
  readonly expectedOrganizationId: string | undefined;
  /** Undefined where nobody syncs (`currentKey`). */
  readonly kind: string | undefined;
  readonly key: Pick<PresentedKey, "id" | "name" | "organization" | "target" | "lineageId">;
  /** The executor of this name in the key's organization. */
  readonly executor: Admitted | undefined;
  /**
   * Of the key's lineage, beside `executor`; left out where nothing is taken from another lineage.
   */
  readonly lineage: LineageUse | undefined;
  /** How many of today's executors the key's lineage has enrolled, where it would enrol another. */
  readonly enrolled: number;
  readonly maxEnrolled: number;
}

export type Admission =
  | { readonly kind: "admitted"; readonly isBound: boolean }
  | { readonly kind: "refused"; readonly reason: ForbiddenReason; readonly message: string };

/**
 * The rules, in order; the first that matches decides. A key serves the executors of its lineage:
 * itself with all that were rotated from one another. It enrols names that do not exist. It takes
 * over an executor of another lineage, or of none that is known any more, only where it was made
 * for it, or where its whole lineage serves nobody.
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

/** What an executor claims. */
export type Claim = Pick<AdmissionFacts, "executorName" | "expectedOrganizationId" | "kind">;

/** What admission asks of the store. */
export interface AdmissionReads {
  readonly executors: ExecutorLookup;
  readonly lineages: LineageReader;
}

/** The facts as the store has them now: inside a transaction, or outside for a first look. */
export async function admissionFacts(
  { executors, lineages }: AdmissionReads,
  key: PresentedKey,
  claim: Claim,
  maxEnrolled: number,
): Promise<AdmissionFacts & { readonly executor: BoundExecutor | undefined }> {
  const executor = await executors.bound(key.organization.id, claim.executorName);
  // Not asked for on the path of every sync, which enrols nobody and takes over nobody.
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
    `this key belongs to organization ${printable(key.organization.slug)}, and the executor has been in another one: ` +
      "use a key of its own organization",
  );
}

/** Also where another executor has the name by now: the key was not made for that one. */
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
      `create one for ${printable(executorName)}`,
  );
}

function otherKind({ kind, executor, executorName }: AdmissionFacts): Admission | undefined {
  // One that cannot be read is written anew with this sync.
  if (kind === undefined || executor?.kind === undefined || executor.kind === kind) {
    return undefined;
  }
  return refused(
    "kind_mismatch",
    `${printable(executorName)} is an executor of kind ${executor.kind} since its first sync, not ${kind}: ` +
      "give one of the two another name",
  );
}

function tooManyEnrolled({ key, executor, executorName, enrolled, maxEnrolled }: AdmissionFacts) {
  if (executor !== undefined || enrolled < maxEnrolled) {
    return undefined;
  }
  return refused(
    "key_executor_limit",
    `key ${printable(key.name)}, with the keys it was rotated from, has enrolled ${maxEnrolled} executors that exist, ` +
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
        : `${printable(executorName)} is bound to key ${executor.keyId}: ${remedy}, or rotate its own`;
    return refused(
      "key_held_by_other_executor",
      `key ${key.id}, or one that it was rotated from or to, serves executor ${printable(other.name)}, and ${theirs}`,
    );
  }
  if (target === undefined) {
    return undefined;
  }
  return refused(
    "key_targets_other_executor",
    `a key that this one was rotated from or to was made for executor ${printable(target.name)}: ${remedy}`,
  );
}

function refused(reason: ForbiddenReason, message: string): Admission {
  return { kind: "refused", reason, message };
}
