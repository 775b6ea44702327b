import type { KeyRefusalReason } from "../../protocol/refusal.ts";
import { type ApiError, keyRefused } from "../api-error.ts";
import type { SyncInput } from "../graphql/request/inputs.ts";
import type { RefusalEvent, RefusalLog } from "../log/refusal-log.ts";
import type { ExecutorReference } from "../store/contract/references.ts";
import type { ActivityWriter } from "./activity-writer.ts";
import { type Admission, admissionRefusal } from "./admission.ts";
import { type ExecutorCaller, keyReference } from "./executor-caller.ts";

interface RefusalNotesDeps {
  readonly refusals: RefusalLog;
  readonly activityWriter: ActivityWriter;
  readonly now: () => number;
}

/** Logs the refusals of valid keys, and records those of syncs. Each returns the error to throw. */
export class RefusalNotes {
  private readonly deps: RefusalNotesDeps;

  constructor(deps: RefusalNotesDeps) {
    this.deps = deps;
  }

  /**
   * Records the refusal with the key, and with the executor if it exists, so that people on the
   * page see why its host gets a 403. The executors of other organizations are left alone.
   */
  ofAdmission(
    caller: ExecutorCaller,
    input: SyncInput,
    executor: ExecutorReference | undefined,
    admission: Extract<Admission, { kind: "refused" }>,
  ): ApiError {
    const { activityWriter, now } = this.deps;
    const { reason, message } = admission;
    const { address, key } = caller;
    const refusal = { reason, message, address, at: now() };
    const executorId = reason === "wrong_organization" ? null : (executor?.id ?? null);
    activityWriter.note({ kind: "key-refused", keyId: key.id, refusal: { ...refusal, executorId } });
    if (executorId !== null) {
      const shown = { ...refusal, key: keyReference(key) };
      activityWriter.note({ kind: "refused", executorId, refusal: shown });
    }
    return this.log(admissionRefusal(key, admission), caller, syncOf(input));
  }

  /** The key was valid when the request came in, and no longer is. */
  goneSince(caller: ExecutorCaller, input: SyncInput, reason: KeyRefusalReason): ApiError {
    const { activityWriter, now } = this.deps;
    const message = `this key became ${reason} a moment ago`;
    const { address, key } = caller;
    const refusal = { reason, message, address, executorId: null, at: now() };
    activityWriter.note({ kind: "key-refused", keyId: key.id, refusal });
    return this.log(keyRefused(reason, message), caller, syncOf(input));
  }

  log(
    error: ApiError,
    { key, address }: ExecutorCaller,
    request: Pick<RefusalEvent, "operation" | "executorName" | "reason">,
  ): ApiError {
    const { id: keyId, fingerprint } = key;
    this.deps.refusals.note({ ...request, error, keyId, fingerprint, address });
    return error;
  }
}

export function syncOf({ name: executorName }: SyncInput) {
  return { operation: "syncExecutor", executorName };
}
