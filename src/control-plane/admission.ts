import { printable } from "../lib/printable.ts";
import type { ForbiddenReason } from "../protocol/refusal.ts";
import type { BoundExecutor, ExecutorReference, PresentedKey, StoreReader } from "./store.ts";

/** Everything that decides whether a good key may act for an executor. */
export interface AdmissionFacts {
  readonly executorName: string;
  /** The organization that the executor says it has been in. */
  readonly expectedOrganizationId: string | undefined;
  /** Undefined where nobody syncs (`currentKey`). */
  readonly kind: string | undefined;
  readonly key: Pick<PresentedKey, "id" | "name" | "organization" | "target" | "lineageId">;
  /** The executor of this name in the key's organization. */
  readonly executor: Omit<BoundExecutor, "name"> | undefined;
  /** One bound to the key, other than `executor`. */
  readonly otherExecutor: ExecutorReference | undefined;
}

export type Admission =
  | { readonly kind: "admitted"; readonly isBound: boolean }
  | { readonly kind: "refused"; readonly reason: ForbiddenReason; readonly message: string };

/** The rules of B2 and C3, in order; the first that matches decides. */
export function admit(facts: AdmissionFacts): Admission {
  const { key, executor } = facts;
  return (
    wrongOrganization(facts) ??
    otherTarget(facts) ??
    otherKind(facts) ??
    (executor?.key?.id === key.id ? { kind: "admitted", isBound: true } : undefined) ??
    heldByOther(facts) ?? { kind: "admitted", isBound: false }
  );
}

/** The facts as the store has them now: inside a transaction, or outside for a first look. */
export async function admissionFacts(
  store: StoreReader,
  key: PresentedKey,
  claim: Pick<AdmissionFacts, "executorName" | "expectedOrganizationId" | "kind">,
): Promise<AdmissionFacts & { readonly executor: BoundExecutor | undefined }> {
  const executor = await store.boundExecutor(key.organization.id, claim.executorName);
  const otherExecutor =
    executor === undefined || executor.key === null || executor.key.id === key.id
      ? undefined // Not asked for on the path of every sync: where nothing is rebound, it decides nothing.
      : await store.otherExecutorOf(key.id, claim.executorName);
  return { ...claim, key, executor, otherExecutor };
}

function wrongOrganization({ expectedOrganizationId, key }: AdmissionFacts): Admission | undefined {
  if (expectedOrganizationId === undefined || expectedOrganizationId === key.organization.id)
    return undefined;
  return refused(
    "wrong_organization",
    `this key belongs to organization ${printable(key.organization.slug)}, and the executor has been in another one: ` +
      "use a key of its own organization",
  );
}

function otherTarget({ key, executor, executorName }: AdmissionFacts): Admission | undefined {
  if (key.target === null || key.target.id === executor?.id) return undefined;
  return refused(
    "key_targets_other_executor",
    `this key was made for executor ${printable(key.target.name)}, not for ${printable(executorName)}: ` +
      `create one for ${printable(executorName)}`,
  );
}

function otherKind({ kind, executor, executorName }: AdmissionFacts): Admission | undefined {
  if (kind === undefined || executor === undefined || executor.kind === kind) return undefined;
  return refused(
    "kind_mismatch",
    `${printable(executorName)} is an executor of kind ${executor.kind} since its first sync, not ${kind}: ` +
      "give one of the two another name",
  );
}

/** A bound executor changes its key only to one that is made for it, succeeds its own, or serves nobody else. */
function heldByOther({ key, executor, executorName, otherExecutor }: AdmissionFacts): Admission | undefined {
  const bound = executor?.key ?? null;
  if (bound === null || otherExecutor === undefined) return undefined;
  if (key.target !== null || bound.lineageId === key.lineageId) return undefined;
  return refused(
    "key_held_by_other_executor",
    `key ${key.id} serves executor ${printable(otherExecutor.name)}, and ${printable(executorName)} is bound to key ` +
      `${bound.id}: create a key for ${printable(executorName)}, or rotate its own`,
  );
}

function refused(reason: ForbiddenReason, message: string): Admission {
  return { kind: "refused", reason, message };
}
