import type { BoundExecutor, KeyReach } from "../../api/keys/key-reach.ts";
import { useHeartbeatTimeout } from "../../state/page-state.ts";
import { Moment } from "../../ui/time.tsx";
import { ReachLine, ReachUnknown } from "./reach-line.tsx";
import type { ReachLookup } from "./reach-lookup.ts";

interface RefusedProps {
  readonly lookup: ReachLookup;
  /** What the person is about to do with the key: `revoke`. */
  readonly deed: string;
  /** Whether the key has ended already. */
  readonly isOver: boolean;
}

/** Names each executor that is refused once the key has ended, and says when it notices. */
export function RefusedExecutors({ lookup, deed, isOver }: RefusedProps) {
  if (lookup.failure !== undefined) {
    return <ReachUnknown lookup={lookup} deed={deed} />;
  }
  const { reach } = lookup;
  return (
    <>
      <ReachLine lookup={lookup} deed={deed}>
        {({ count }) => refusedSentence(count, isOver)}
      </ReachLine>
      {reach === undefined || reach.count === 0 ? null : <RefusedList reach={reach} isOver={isOver} />}
    </>
  );
}

function RefusedList({ reach, isOver }: { reach: KeyReach; isOver: boolean }) {
  const timeout = useHeartbeatTimeout();
  const { executors, count } = reach;
  return (
    <>
      <BoundList reach={reach} isOver={isOver}>
        {(executor) =>
          isOver ? <Refused executor={executor} timeout={timeout} /> : <Notices executor={executor} />
        }
      </BoundList>
      <p class="muted">
        {executors.some(({ status }) => status === "online") && !isOver
          ? `The page shows ${count === 1 ? "it" : "them"} offline within ${timeout}. `
          : ""}
        {returnSentence(count)}
      </p>
    </>
  );
}

function returnSentence(count: number): string {
  return count === 1
    ? "It is back as soon as it gets another key. Its nodes keep running."
    : "They are back as soon as they get another key. Their nodes keep running.";
}

function refusedSentence(count: number, isOver: boolean): string {
  if (count === 0) {
    return "No executor uses this key now, so nobody is refused.";
  }
  const who = count === 1 ? "One executor" : `${count} executors`;
  return isOver ? `${who} still ${count === 1 ? "has" : "have"} it:` : `${who} will be refused:`;
}

interface BoundListProps {
  readonly reach: KeyReach;
  /** Whether the key has ended: then nobody is simply online. */
  readonly isOver?: boolean;
  /** What the list says of each. */
  readonly children: (executor: BoundExecutor) => preact.ComponentChildren;
}

/** The executors that are bound to the key: those that are online first. */
export function BoundList({ reach: { executors, count }, isOver = false, children }: BoundListProps) {
  const isOnline = ({ status }: BoundExecutor) => status === "online";
  const ordered = [...executors.filter(isOnline), ...executors.filter((each) => !isOnline(each))];
  const more = count - executors.length;
  return (
    <ul class="bound">
      {ordered.map((executor) => (
        <li key={executor.id} class={isOnline(executor) && !isOver ? "is-online" : "is-offline"}>
          <strong>{executor.name}</strong>
          <span>{children(executor)}</span>
        </li>
      ))}
      {more > 0 ? <li class="more">and {more} more</li> : null}
    </ul>
  );
}

/** One that is refused already. */
function Refused({ executor, timeout }: { executor: BoundExecutor; timeout: string }) {
  return executor.status === "online" ? (
    <>refused, offline within {timeout}</>
  ) : (
    <Absence executor={executor} />
  );
}

function Notices({ executor }: { executor: BoundExecutor }) {
  if (executor.status === "online") {
    return (
      <>
        online: notices at its next heartbeat
        {executor.lastSyncAt === null ? null : (
          <>
            {" "}
            (last <Moment at={executor.lastSyncAt} />)
          </>
        )}
      </>
    );
  }
  return (
    <>
      <Absence executor={executor} />: notices when it is back
    </>
  );
}

/** Why an executor is not heard now. */
export function Absence({ executor: { status, lastSyncAt, stoppedAt } }: { executor: BoundExecutor }) {
  if (status === "online") {
    return <>online</>;
  }
  if (stoppedAt !== null) {
    return (
      <>
        offline, stopped <Moment at={stoppedAt} />
      </>
    );
  }
  return lastSyncAt === null ? (
    <>offline</>
  ) : (
    <>
      offline, last heard <Moment at={lastSyncAt} />
    </>
  );
}
