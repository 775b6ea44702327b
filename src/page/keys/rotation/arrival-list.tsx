import { sentence } from "../../../lib/sentence.ts";
import { revokeApiKey } from "../../api/api-keys.ts";
import type { KeyArrival } from "../../api/keys/key-arrival.ts";
import type { FollowUp } from "../../state/follow-ups.ts";
import { useAnnounce, useMembership, useNow } from "../../state/page-state.ts";
import { useSubmit } from "../../state/submission.ts";
import { Notice } from "../../ui/notice.tsx";
import { exactly, Moment, sinceWhen } from "../../ui/time.tsx";
import { Absence } from "../shown/key-executors.tsx";
import { KeyLink } from "../shown/key-label.tsx";
import type { Progress } from "./arrival-progress.ts";
import type { Arrival } from "./use-arrival.ts";

/** Who is on the new key and who is waited for; then what is left to do with the old one. */
export function ArrivalList({ followUp, arrival }: { followUp: FollowUp; arrival: Arrival }) {
  const { data, progress, isDone } = arrival;
  const now = useNow();
  if (data === undefined) {
    return <Looking followUp={followUp} />;
  }
  if (data.key === null) {
    return <p>The new key was deleted.</p>;
  }
  const needed = followUp.executors.length;
  const onIt = progress.filter(({ kind }) => kind === "arrived").length;
  const isOver = data.key.status !== "active";
  return (
    <>
      {needed > 1 ? (
        <p>
          On the new key: {onIt} of {Math.max(needed, progress.length)} executors.
        </p>
      ) : null}
      <ul class="progress">
        {progress.length > 0 ? null : <li class="waiting">waiting for an executor to use it…</li>}
        {progress.map((each) => (
          <ProgressLine key={each.executor.id} progress={each} now={now} />
        ))}
      </ul>
      {isOver && !isDone ? <p>The new key is {data.key.status}: nobody else can use it.</p> : null}
      {isDone ? null : <Refused data={data} />}
      {data.old === null ? null : <OldKey old={data.old} arrival={arrival} />}
    </>
  );
}

/** As high as the first answer makes it: a button that moves under the pointer is not clicked. */
function Looking({ followUp: { executors, old } }: { followUp: FollowUp }) {
  const lines = executors.map(({ id, name }) => ({ id, text: `looking where ${name} is…` }));
  const shown = lines.length > 0 ? lines : [{ id: "", text: "looking who uses it…" }];
  return (
    <>
      {executors.length > 1 ? <p>Looking where {executors.length} executors are.</p> : null}
      <ul class="progress">
        {shown.map(({ id, text }) => (
          <li key={id} class="waiting">
            {text}
          </li>
        ))}
      </ul>
      {old === null ? null : (
        <p class="old-key-line">
          The old key is <KeyLink apiKey={old} />.
        </p>
      )}
    </>
  );
}

function ProgressLine({ progress, now }: { progress: Progress; now: number }) {
  const { name } = progress.executor;
  switch (progress.kind) {
    case "waiting":
      return (
        <li class="waiting">
          waiting for {name}…
          {progress.seen === undefined || progress.seen.status === "online" ? null : (
            <>
              {" "}
              (<Absence executor={progress.seen} />)
            </>
          )}
        </li>
      );
    case "arrived":
      return (
        <li class="arrived">
          {name} is on it since <Clock at={progress.since} now={now} />
        </li>
      );
    case "left":
      return (
        <li class="arrived">
          {name} was on it at <Clock at={progress.since} now={now} />, and is on{" "}
          {progress.isBack ? "the old key again" : "another key now"}
        </li>
      );
    case "elsewhere":
      return <li class="elsewhere">{name} is on another key now</li>;
  }
}

function Clock({ at, now }: { at: number; now: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at)}>
      {sinceWhen(at, now)}
    </time>
  );
}

/** A host has tried the new key in vain. */
function Refused({ data: { key } }: { data: KeyArrival }) {
  if (key === null || key.lastRefusal === null) {
    return null;
  }
  const { message, address, at } = key.lastRefusal;
  return (
    <p>
      Refused <Moment at={at} />
      {address === null ? "" : `, from ${address}`}. {sentence(message)}
    </p>
  );
}

interface OldKeyProps {
  readonly old: NonNullable<KeyArrival["old"]>;
  readonly arrival: Arrival;
}

function OldKey({ old, arrival: { isDone, reload } }: OldKeyProps) {
  const { status, revokesAt, usedNowCount } = old;
  // The follow-up may have outlived the right.
  const mayRevoke = useMembership()?.canManage === true;
  if (status !== "active") {
    return (
      <p class="old-key-line">
        The old key, <KeyLink apiKey={old} />, is {status}.
      </p>
    );
  }
  if (isDone && usedNowCount === 0 && mayRevoke) {
    return <RevokeOldKey old={old} onRevoked={reload} />;
  }
  const until = revokesAt === null ? "" : ` until ${exactly(revokesAt)}`;
  return (
    <p class="old-key-line">
      The old key, <KeyLink apiKey={old} />, works{until}
      {isDone ? `, and ${onIt(usedNowCount)} on it` : ""}.
    </p>
  );
}

function onIt(count: number): string {
  if (count === 0) {
    return "nobody is";
  }
  return count === 1 ? "one executor is" : `${count} executors are`;
}

function RevokeOldKey({ old, onRevoked }: { old: OldKeyProps["old"]; onRevoked: () => void }) {
  const announce = useAnnounce();
  const { isBusy, failure, submit } = useSubmit(
    () => revokeApiKey(old.id),
    () => {
      announce(`${old.name} is revoked.`);
      onRevoked();
    },
  );
  return (
    <div class="old-key">
      <p>
        Nobody is on the old key, <KeyLink apiKey={old} />, any more.
        {old.revokesAt === null ? "" : ` It is revoked by itself at ${exactly(old.revokesAt)}.`}
      </p>
      {failure === undefined ? null : <Notice kind="error">{failure}</Notice>}
      <button type="button" class="primary" aria-disabled={isBusy ? true : undefined} onClick={submit}>
        Revoke the old key
      </button>
    </div>
  );
}
