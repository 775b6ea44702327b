import { printable } from "../../../lib/printable.ts";
import { instanceWords, isOneHost } from "../../../protocol/instance-place.ts";
import type { Logger } from "../../log/logger.ts";
import type { ExecutorReference } from "../../store/contract/references.ts";
import type { ExecutorInstance } from "./duplicates.ts";

/** Logs that the executor has duplicates, or none any more. */
export function logDuplicates(
  logger: Logger,
  { id: executorId, name }: ExecutorReference,
  duplicates: readonly ExecutorInstance[],
): void {
  const fields = { executorId, executor: printable(name) };
  if (duplicates.length === 0) {
    logger.info(
      { event: "executor.duplicate-gone", ...fields },
      `Only one process syncs as executor ${fields.executor} again.`,
    );
    return;
  }
  const processes = duplicates.map((one) => printable(instanceWords(one)));
  const who = `sync as executor ${fields.executor}: ${processes.join("; ")}`;
  logger.error(
    { event: "executor.duplicate", ...fields, processes },
    isOneHost(duplicates)
      ? `Several agents on one host ${who}. Fix: stop all but one there`
      : `Several processes ${who}. Perhaps a host was cloned. Fix: stop all but one, or give each its own agent.name and key`,
  );
}
