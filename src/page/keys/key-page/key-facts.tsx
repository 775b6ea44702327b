import type { KeyDetails } from "../../api/keys/key-details.ts";
import { useNow } from "../../state/page-state.ts";
import { Link } from "../../ui/link.tsx";
import { exactly, Moment } from "../../ui/time.tsx";
import { Expiring } from "../shown/expiring.tsx";

/** Its dates, its last use, and for whom it was made. */
export function KeyFacts({ apiKey }: { apiKey: KeyDetails }) {
  const { createdAt, target, damaged } = apiKey;
  return (
    <dl class="facts">
      <div>
        <dt>{END_TITLES[apiKey.status]}</dt>
        <dd>
          <KeyEnd apiKey={apiKey} />
        </dd>
      </div>
      <div>
        <dt>Last used</dt>
        <dd>
          <LastUse apiKey={apiKey} />
        </dd>
      </div>
      <div>
        <dt>Created</dt>
        <dd>{damaged.includes("createdAt") ? "unknown" : <At time={createdAt} />}</dd>
      </div>
      <div>
        <dt>Made for</dt>
        <dd>
          {target === null ? "any executor" : null}
          {target?.isDeleted === true ? `${target.name}, deleted` : null}
          {target !== null && !target.isDeleted ? (
            <Link to={`/executors/${encodeURIComponent(target.id)}`}>{target.name}</Link>
          ) : null}
        </dd>
      </div>
    </dl>
  );
}

const END_TITLES = { active: "Ends", expired: "Expired", revoked: "Revoked", damaged: "Ends" } as const;

function KeyEnd({ apiKey: { status, expiresAt, revokesAt, revokedAt } }: { apiKey: KeyDetails }) {
  const now = useNow();
  if (status === "revoked") {
    return revokedAt === null ? <>at an unknown time</> : <At time={revokedAt} />;
  }
  if (status === "expired") {
    return expiresAt === null ? <>at an unknown time</> : <At time={expiresAt} />;
  }
  if (revokesAt !== null) {
    return (
      <>
        revoked <Moment at={revokesAt} tense="future" />
        <span class="under">{exactly(revokesAt)}, after its rotation</span>
      </>
    );
  }
  if (expiresAt === null) {
    return <>never</>;
  }
  return (
    <>
      <Expiring at={expiresAt} now={now} />
      <span class="under">{exactly(expiresAt)}</span>
    </>
  );
}

/** A check of the key counts as a use, too, and comes from no executor. */
function LastUse({ apiKey: { lastUsedAt, lastUse } }: { apiKey: KeyDetails }) {
  if (lastUse === null) {
    return lastUsedAt === null ? (
      <>never</>
    ) : (
      <>
        <Moment at={lastUsedAt} />
        <span class="under">a check, no sync</span>
      </>
    );
  }
  return (
    <>
      <Moment at={Math.max(lastUsedAt ?? 0, lastUse.lastUsedAt)} /> by {lastUse.executor.name}
      <span class="under">{lastUse.address === null ? "address unknown" : `from ${lastUse.address}`}</span>
    </>
  );
}

function At({ time }: { time: number }) {
  return (
    <>
      <Moment at={time} />
      <span class="under">{exactly(time)}</span>
    </>
  );
}
