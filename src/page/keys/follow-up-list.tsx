import { useEffect } from "preact/hooks";
import { type ApiKeyUse, askApiKeyUse } from "../api/api-keys.ts";
import type { Reference } from "../api/decode.ts";
import type { FollowUp } from "../state/follow-ups.ts";
import { useAnnounce, useNow, usePageState } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import { useStore } from "../state/store.ts";
import { exactly, sinceWhen } from "../ui/time.tsx";

const INTERVAL_MS = 2000;

/** The organization's new keys, each with the executors that still need it. */
export function FollowUpList({ organizationId }: { organizationId: string }) {
  const followed = useStore(usePageState().followUps.list);
  return (
    <>
      {followed
        .filter((each) => each.organizationId === organizationId)
        .map((each) => (
          <Followed key={each.key.id} followUp={each} />
        ))}
    </>
  );
}

interface Progress {
  readonly executor: Reference;
  /** Epoch ms since which it uses the new key; undefined: not yet. */
  readonly since: number | undefined;
}

function Followed({ followUp }: { followUp: FollowUp }) {
  const now = useNow();
  const { key, old } = followUp;
  const { data } = usePolled(key.id, INTERVAL_MS, askApiKeyUse(key.id));
  const progress = progressOf(followUp, data);
  const arrived = progress.filter(({ since }) => since !== undefined);
  useArrivalAnnouncement(key.name, arrived);
  const isDone = progress.length > 0 && arrived.length === progress.length;
  return (
    <section
      class={`notice follow-up ${isDone ? "notice-good" : "notice-info"}`}
      aria-label={`Progress of ${key.name}`}
    >
      <FollowedHead followUp={followUp} />
      <ul>
        {progress.length === 0 ? <li class="waiting">waiting for an executor to use it…</li> : null}
        {progress.map((each) => (
          <ProgressLine key={each.executor.id} progress={each} now={now} />
        ))}
      </ul>
      {old !== null && isDone ? <OldKeyAdvice old={old} now={now} /> : null}
    </section>
  );
}

function useArrivalAnnouncement(keyName: string, arrived: readonly Progress[]): void {
  const announce = useAnnounce();
  const names = arrived.map(({ executor }) => executor.name).join(", ");
  useEffect(() => {
    if (names !== "") {
      announce(`Now on the new key ${keyName}: ${names}.`);
    }
  }, [names, keyName]);
}

function FollowedHead({ followUp: { key, old } }: { followUp: FollowUp }) {
  const { followUps } = usePageState();
  return (
    <div class="follow-up-head">
      <p>
        <strong>{key.name}</strong> <code>{key.fingerprint}</code>
        {old === null ? null : <> replaces {old.name}</>}
      </p>
      <button
        type="button"
        class="quiet"
        aria-label={`Dismiss ${key.name}`}
        onClick={() => followUps.remove(key.id)}
      >
        Dismiss
      </button>
    </div>
  );
}

function ProgressLine({ progress, now }: { progress: Progress; now: number }) {
  const { executor, since } = progress;
  if (since === undefined) {
    return <li class="waiting">waiting for {executor.name}…</li>;
  }
  return (
    <li class="arrived">
      {executor.name} has used the new key since{" "}
      <time dateTime={new Date(since).toISOString()} title={exactly(since)}>
        {sinceWhen(since, now)}
      </time>
    </li>
  );
}

function OldKeyAdvice({ old, now }: { old: NonNullable<FollowUp["old"]>; now: number }) {
  if (old.revokesAt === null || old.revokesAt <= now) {
    return <p>The old key, {old.name}, is revoked. You can delete it.</p>;
  }
  return (
    <p>
      The old key, {old.name}, is no longer needed. Revoke it now; otherwise it is revoked automatically at{" "}
      {exactly(old.revokesAt)}.
    </p>
  );
}

/** The executors that need the key, and any others that use it. */
function progressOf({ executors }: FollowUp, use: ApiKeyUse | null | undefined): readonly Progress[] {
  const since = new Map(use?.usedBy.map(({ executor, firstUsedAt }) => [executor.id, firstUsedAt]));
  const bound = use?.boundExecutors ?? [];
  const isBound = (id: string) => bound.some((each) => each.id === id);
  const others = bound.filter(({ id }) => !executors.some((each) => each.id === id));
  return [...executors, ...others].map((executor) => ({
    executor,
    since: isBound(executor.id) ? since.get(executor.id) : undefined,
  }));
}
