import { Flood } from "../../lib/log/flood.ts";
import { printable } from "../../lib/printable.ts";
import { randomId } from "../../lib/random-id.ts";
import { type ApiError, rateLimited } from "../api-error.ts";
import { MAX_EXECUTOR_NAME_CHARACTERS, type SyncInput } from "../graphql/request/inputs.ts";
import { checkedName } from "../organizations/shown-name.ts";
import type { ExecutorWriter } from "../store/contract/executors.ts";
import type { PresentedKey } from "../store/contract/keys.ts";
import type { ExecutorReference } from "../store/contract/references.ts";

/**
 * Enrolments of one lineage: a whole rack at once, then ten a second. The limit also slows down a
 * loop in which executors are deleted and enrol again.
 */
const ENROLMENTS = { burst: 100, refillMs: 100 };

/** Limits how fast each lineage may enrol new executors. */
export class EnrolmentLimit {
  private readonly flood: Flood;

  /** `now` is monotonic milliseconds. */
  constructor(now: () => number) {
    this.flood = new Flood(ENROLMENTS, now);
  }

  /** Counts an enrolment. Returns RATE_LIMITED if it is one too many. */
  refusal(key: PresentedKey, executorName: string): ApiError | undefined {
    if (this.flood.admit(key.lineageId) !== undefined) {
      return undefined;
    }
    return rateLimited(
      `key ${printable(key.name)} enrols too many new executors at once: ` +
        `${printable(executorName)} will be enrolled by a later sync`,
      ENROLMENTS.refillMs,
    );
  }
}

/**
 * Throws BAD_USER_INPUT for a name with invisible characters. They make two names look alike, and a
 * person would delete or revoke the wrong one.
 */
export function requireVisibleName(executorName: string): void {
  checkedName(executorName, "the name of an executor", MAX_EXECUTOR_NAME_CHARACTERS);
}

/** Creates the executor that `input` describes, in the organization of the key. */
export async function enrol(
  executors: ExecutorWriter,
  { organization, lineageId: enrolledBy }: PresentedKey,
  input: SyncInput,
  createdAt: number,
): Promise<ExecutorReference> {
  const id = randomId();
  await executors.insert({ ...input, id, organizationId: organization.id, createdAt, enrolledBy });
  return { id, name: input.name };
}
