import { sentence } from "../../../lib/sentence.ts";
import type { KeyRefusal } from "../../api/key-refusal.ts";
import type { KeyDetails } from "../../api/keys/key-details.ts";
import type { BoundExecutor } from "../../api/keys/key-reach.ts";
import { AskManagers } from "../../members/ask-managers.tsx";
import { useHeartbeatTimeout, useMembership, useNow } from "../../state/page-state.ts";
import { Link } from "../../ui/link.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Moment } from "../../ui/time.tsx";

/** An agent whose key is refused asks again at least this often. */
const KNOCKING_MS = 180_000;

interface VerdictProps {
  readonly apiKey: KeyDetails;
  readonly executors: readonly BoundExecutor[];
}

/** The answer to "may I revoke this?", and who still asks with a key that has ended. */
export function KeyVerdict({ apiKey, executors }: VerdictProps) {
  return (
    <>
      {apiKey.status === "active" ? (
        <MayRevoke apiKey={apiKey} executors={executors} />
      ) : (
        <HasEnded apiKey={apiKey} />
      )}
      {apiKey.lastRefusal === null ? null : <LastRefusal refusal={apiKey.lastRefusal} />}
    </>
  );
}

/** `online` of a single one, `2 online` of several. */
function onlineWords(online: number, all: number): string {
  return all > 1 ? `${online} online` : online === 1 ? "online" : "offline";
}

function MayRevoke({ apiKey, executors }: VerdictProps) {
  const { usedNowCount, usedBeforeCount, lastUsedAt, target } = apiKey;
  const timeout = useHeartbeatTimeout();
  const mayRevoke = useMembership()?.canManage === true;
  if (usedNowCount > 0) {
    const online = executors.filter(({ status }) => status === "online").length;
    return (
      <Notice kind="info">
        <p>
          <strong>{counted(usedNowCount)} on it now</strong>
          {usedNowCount <= executors.length ? `, ${onlineWords(online, usedNowCount)}` : ""}. Without the key,{" "}
          {usedNowCount === 1 ? "it" : "each"} is refused{" "}
          {online === 0 ? "when it is back." : `at its next heartbeat, and offline within ${timeout}.`}
        </p>
      </Notice>
    );
  }
  if (target !== null && !target.isDeleted && usedBeforeCount === 0) {
    return (
      <Notice kind="info">
        <p>
          <strong>Nobody is on it yet.</strong> It was made for {target.name}, which has not used it.
        </p>
      </Notice>
    );
  }
  return (
    <Notice kind="good">
      <p>
        <strong>Nobody is on it: {mayRevoke ? "you may revoke it" : "it may be revoked"}.</strong>{" "}
        {usedBeforeCount > 0
          ? `${counted(usedBeforeCount)} used it before, and ${usedBeforeCount === 1 ? "is" : "are"} on another key now.`
          : ""}
        {usedBeforeCount === 0 && lastUsedAt === null ? "It was never used." : ""}
      </p>
      <AskManagers deed="revoke it" />
    </Notice>
  );
}

function HasEnded({ apiKey: { status, usedNowCount } }: { apiKey: KeyDetails }) {
  if (usedNowCount === 0) {
    return null;
  }
  return (
    <Notice kind="warning">
      <p>
        <strong>{counted(usedNowCount)} still on it, and refused:</strong> the key{" "}
        {status === "damaged" ? "cannot be read" : `is ${status}`}.{" "}
        {usedNowCount === 1 ? "It is back as soon as it gets" : "They are back as soon as they get"} another
        key.
      </p>
      <AskManagers deed="create one" />
    </Notice>
  );
}

function LastRefusal({ refusal: { message, address, executor, at } }: { refusal: KeyRefusal }) {
  const isKnocking = useNow() - at <= KNOCKING_MS;
  const from = address === null ? "" : ` from ${address}`;
  return (
    <Notice kind={isKnocking ? "warning" : "info"}>
      <p>
        {isKnocking ? <strong>Still asking: </strong> : "Last "}refused <Moment at={at} />
        {from}
        {executor === null ? null : (
          <>
            {" "}
            as{" "}
            {executor.isDeleted ? (
              executor.name
            ) : (
              <Link to={`/executors/${encodeURIComponent(executor.id)}`}>{executor.name}</Link>
            )}
          </>
        )}
        . {sentence(message)}
      </p>
    </Notice>
  );
}

function counted(count: number): string {
  return count === 1 ? "One executor" : `${count} executors`;
}
