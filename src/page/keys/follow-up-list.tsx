import { useEffect } from "preact/hooks";
import { type ApiKeyUse, askApiKeyUse } from "../api/api-keys.ts";
import type { Reference } from "../api/decode.ts";
import { announce } from "../state/announcement.ts";
import { useNow } from "../state/clock.ts";
import { type FollowUp, followUps, unfollow } from "../state/follow-ups.ts";
import { usePolled } from "../state/polling.ts";
import { useStore } from "../state/store.ts";
import { exactly, sinceWhen } from "../ui/time.tsx";

const INTERVAL_MS = 2000;

/** The keys that are on their way, each with the executors that are to take it. */
export function FollowUps({ organizationId }: { organizationId: string }) {
  const followed = useStore(followUps).filter((each) => each.organizationId === organizationId);
  return (
    <>
      {followed.map((each) => (
        <Followed key={each.key.id} followUp={each} />
      ))}
    </>
  );
}

interface Progress {
  readonly executor: Reference;
  /** Since when it is on the new key; undefined: not yet. */
  readonly since: number | undefined;
}

function Followed({ followUp }: { followUp: FollowUp }) {
  const now = useNow();
  const { key, old } = followUp;
  const { data } = usePolled(key.id, INTERVAL_MS, (signal) => askApiKeyUse(key.id, signal));
  const progress = progressOf(followUp, data);
  const arrived = progress.filter(({ since }) => since !== undefined);
  const arrivedNames = arrived.map(({ executor }) => executor.name).join(", ");
  useEffect(() => {
    if (arrivedNames !== "") {
      announce(`${arrivedNames}: on the new key ${key.name}`);
    }
  }, [arrivedNames, key.name]);
  const isDone = progress.length > 0 && arrived.length === progress.length;
  return (
    <section
      class={`notice follow-up ${isDone ? "notice-good" : "notice-info"}`}
      aria-label={`The way of ${key.name}`}
    >
      <div class="follow-up-head">
        <p>
          <strong>{key.name}</strong> <code>{key.fingerprint}</code>
          {old === null ? null : <> replaces {old.name}</>}
        </p>
        <button
          type="button"
          class="quiet"
          aria-label={`Dismiss ${key.name}`}
          onClick={() => unfollow(key.id)}
        >
          Dismiss
        </button>
      </div>
      <ul>
        {progress.length === 0 ? <li class="waiting">waiting for an executor to present it…</li> : null}
        {progress.map((each) => (
          <ProgressLine key={each.executor.id} progress={each} now={now} />
        ))}
      </ul>
      {old !== null && isDone ? <AfterWords old={old} now={now} /> : null}
    </section>
  );
}

function ProgressLine({ progress, now }: { progress: Progress; now: number }) {
  const { executor, since } = progress;
  if (since === undefined) {
    return <li class="waiting">waiting for {executor.name}…</li>;
  }
  return (
    <li class="arrived">
      {executor.name} is on the new key since{" "}
      <time dateTime={new Date(since).toISOString()} title={exactly(since)}>
        {sinceWhen(since, now)}
      </time>
    </li>
  );
}

function AfterWords({ old, now }: { old: NonNullable<FollowUp["old"]>; now: number }) {
  if (old.revokesAt === null || old.revokesAt <= now) {
    return <p>The old key, {old.name}, is revoked; it can be deleted.</p>;
  }
  return (
    <p>
      The old key, {old.name}, is not needed any more: revoke it now, or leave it to end by itself at{" "}
      {exactly(old.revokesAt)}.
    </p>
  );
}

/** Those that are to take the key, and whoever else has. */
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
