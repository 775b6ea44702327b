import { sentence } from "../../lib/sentence.ts";
import { instanceWords, isOneHost } from "../../protocol/instance-place.ts";
import { KEY_REFUSAL_REASONS } from "../../protocol/refusal.ts";
import type { Executor, ExecutorRefusal } from "../api/executors.ts";
import { Fingerprint } from "../keys/shown/key-label.tsx";
import { refusalWords } from "../keys/shown/refusal-words.ts";
import { AskManagers } from "../members/ask-managers.tsx";
import { useNow } from "../state/page-state.ts";
import { Notice } from "../ui/notice.tsx";
import { DAY_MS, Moment } from "../ui/time.tsx";
import { OfflineNotice } from "./offline-notice.tsx";

/** What needs a person's attention: why it is offline, cloned hosts, a refused sync. */
export function ExecutorWarnings({ executor }: { executor: Executor }) {
  const now = useNow();
  const { name, offlineReason, instances, lastRefusal } = executor;
  const isOther = lastRefusal !== null && offlineReason?.refusal?.at !== lastRefusal.at;
  return (
    <>
      {offlineReason === null ? null : <OfflineNotice executor={executor} reason={offlineReason} />}
      {instances.length > 1 ? <Duplicates executor={executor} /> : null}
      {isOther && now - lastRefusal.at < DAY_MS ? <Refusal name={name} refusal={lastRefusal} /> : null}
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

/** A refusal that does not explain the status: the executor is online, or was afterwards. */
function Refusal({ name, refusal }: { name: string; refusal: ExecutorRefusal }) {
  const { key, reason, message, address, at } = refusal;
  const isKeyRefusal = KEY_REFUSAL_REASONS.some((each) => each === reason);
  return (
    <Notice kind="warning">
      <p>
        A sync {isKeyRefusal ? `with the key of ${name}` : `under the name ${name}`} was refused{" "}
        <Moment at={at} />: {refusalWords(reason)}.
      </p>
      <p>
        It came{address === null ? "" : ` from ${address}`} with the key <strong>{key.name}</strong>{" "}
        <Fingerprint text={key.fingerprint} />. {sentence(message)}
      </p>
      <AskManagers deed="create keys" />
    </Notice>
  );
}
