import type { KeyDetails, KeySummary } from "../../api/keys/key-details.ts";
import { Badge } from "../../ui/badge.tsx";
import { Link } from "../../ui/link.tsx";
import { Moment } from "../../ui/time.tsx";
import { Fingerprint, keyPath } from "../shown/key-label.tsx";

/** The keys that were rotated from one another, newest first, and where this one is. */
export function RotationChain({ apiKey }: { apiKey: KeyDetails }) {
  return (
    <section>
      <h2>Rotations</h2>
      <ol class="chain">
        {apiKey.rotations.map((each) => (
          <li key={each.id} aria-current={each.id === apiKey.id ? "true" : undefined}>
            <p>
              {each.id === apiKey.id ? (
                <strong>{each.name}</strong>
              ) : (
                <Link to={keyPath(each.id)} class="name">
                  {each.name}
                </Link>
              )}{" "}
              <Fingerprint text={each.fingerprint} /> <Badge status={each.status} />
            </p>
            <p class="muted">
              created <Moment at={each.createdAt} />
              <ChainEnd apiKey={each} />, {onIt(each.usedNowCount)}
              {each.id === apiKey.id ? ", this key" : ""}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function onIt(count: number): string {
  if (count === 0) {
    return "nobody on it";
  }
  return count === 1 ? "one executor on it" : `${count} executors on it`;
}

function ChainEnd({ apiKey: { status, revokesAt, revokedAt } }: { apiKey: KeySummary }) {
  if (status === "revoked" && revokedAt !== null) {
    return (
      <>
        , revoked <Moment at={revokedAt} />
      </>
    );
  }
  if (revokesAt !== null) {
    return (
      <>
        , will be revoked <Moment at={revokesAt} tense="future" />
      </>
    );
  }
  return null;
}
