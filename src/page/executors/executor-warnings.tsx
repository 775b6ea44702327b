import { sentence } from "../../lib/sentence.ts";
import { instanceWords, isOneHost } from "../../protocol/instance-place.ts";
import { FORBIDDEN_REASONS, type ForbiddenReason } from "../../protocol/refusal.ts";
import type { Executor } from "../api/executors.ts";
import { Fingerprint } from "../keys/key-label.tsx";
import { Notice } from "../ui/notice.tsx";
import { Moment } from "../ui/time.tsx";

/** What needs a person's attention: two processes under one name, and the last refused sync. */
export function ExecutorWarnings({ executor }: { executor: Executor }) {
  return (
    <>
      {executor.instances.length > 1 ? <Duplicates executor={executor} /> : null}
      {executor.lastRefusal === null ? null : <Refusal name={executor.name} refusal={executor.lastRefusal} />}
    </>
  );
}

function Duplicates({ executor: { name, instances } }: { executor: Executor }) {
  return (
    <Notice kind="warning">
      <p>
        {instances.length} processes sync under the name {name} at the same time.{" "}
        {isOneHost(instances)
          ? "They run on one host. Stop all but one there:"
          : "If a host was cloned, give each host its own name and key:"}
      </p>
      <ul>
        {instances.map((one) => (
          <li key={one.instanceId}>
            {instanceWords(one)}, last sync <Moment at={one.lastSyncAt} />, instance{" "}
            <code>{one.instanceId}</code>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

interface RefusalProps {
  readonly name: string;
  readonly refusal: NonNullable<Executor["lastRefusal"]>;
}

function Refusal({ name, refusal: { key, reason, message, address, at } }: RefusalProps) {
  const known = FORBIDDEN_REASONS.find((each) => each === reason);
  return (
    <Notice kind="warning">
      <p>
        A sync under the name {name} was refused <Moment at={at} />
        {known === undefined ? "." : `: ${REFUSALS[known]}.`}
      </p>
      <p>
        It came{address === null ? "" : ` from ${address}`} with the key <strong>{key.name}</strong>{" "}
        <Fingerprint text={key.fingerprint} />. The answer was <code>{reason}</code>. {sentence(message)}
      </p>
    </Notice>
  );
}

/** Completes "A sync was refused:". */
const REFUSALS: Readonly<Record<ForbiddenReason, string>> = {
  wrong_organization: "the key belongs to another organization",
  key_targets_other_executor: "the key was made for another executor",
  target_deleted: "the key was made for an executor that has been deleted",
  key_held_by_other_executor: "this executor is bound to another key, and the key already serves others",
  key_executor_limit: "the key has reached the limit of executors that it may register",
  kind_mismatch: "an executor of another kind has this name",
  operation_not_allowed: "an executor key may not call this operation",
};
