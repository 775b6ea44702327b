import type { OfflineCause } from "../../protocol/statuses.ts";
import type { ListedExecutor, OfflineReason } from "../api/executors.ts";
import { Fingerprint } from "../keys/shown/key-label.tsx";
import { useNow } from "../state/page-state.ts";
import { Badge, DamagedColumns } from "../ui/badge.tsx";
import { Moment, sinceWhen } from "../ui/time.tsx";

/** Why an executor is offline, in the words of lists and filters. */
export const CAUSES: Readonly<Record<OfflineCause, string>> = {
  silent: "silent",
  stopped: "stopped",
  refused: "refused",
  key_revoked: "key revoked",
  key_expired: "key expired",
  key_deleted: "key deleted",
};

/** The badge of an executor. One whose key has ended is not simply online. */
export function ExecutorBadge({ executor }: { executor: Pick<ListedExecutor, "status" | "offlineReason"> }) {
  const { status, offlineReason } = executor;
  if (status === "online" && offlineReason !== null) {
    return <Badge status="going-offline" />;
  }
  return <Badge status={offlineReason?.cause === "stopped" ? "stopped" : status} />;
}

/** The status of a listed executor, with the reason why it is offline. */
export function ExecutorStatus({ executor }: { executor: ListedExecutor }) {
  const { offlineReason, instances, damaged } = executor;
  return (
    <>
      <ExecutorBadge executor={executor} />
      {offlineReason === null ? null : (
        <span class="under">
          <OfflineWords reason={offlineReason} />
        </span>
      )}
      {offlineReason?.isKnocking === true && offlineReason.cause !== "refused" ? (
        <span class="under warning">still asks</span>
      ) : null}
      <DamagedColumns columns={damaged} />
      {instances.length > 1 ? (
        <span class="under warning">{instances.length} processes use this name</span>
      ) : null}
    </>
  );
}

/** `silent since 12:03:07`, `key revoked 3 min ago`, `refused 3 s ago`. */
export function OfflineWords({ reason: { cause, at } }: { reason: OfflineReason }) {
  const now = useNow();
  if (at === null) {
    return <>{cause === "silent" ? "never heard of" : CAUSES[cause]}</>;
  }
  if (cause === "silent") {
    return (
      <>
        silent since <time dateTime={new Date(at).toISOString()}>{sinceWhen(at, now)}</time>
      </>
    );
  }
  return (
    <>
      {CAUSES[cause]} <Moment at={at} />
    </>
  );
}

/** `refused 3 s ago from 10.0.0.4 with key 075c7dfc` */
export function RefusalWords({ refusal }: { refusal: NonNullable<OfflineReason["refusal"]> }) {
  const { at, address, key } = refusal;
  return (
    <>
      refused <Moment at={at} />
      {address === null ? "" : ` from ${address}`} with key <Fingerprint text={key.fingerprint} />
    </>
  );
}

/** What happened, for a heading: completes "fra-1 is offline:". */
export function causeClause({ cause, key }: OfflineReason): string {
  const its = key === null ? "its key" : `its key ${key.name}`;
  switch (cause) {
    case "silent":
      return "nothing has been heard of it";
    case "stopped":
      return "its agent was stopped";
    case "refused":
      return "its host is refused";
    case "key_revoked":
      return `${its} was revoked`;
    case "key_expired":
      return `${its} has expired`;
    case "key_deleted":
      return `${its} was deleted`;
  }
}
