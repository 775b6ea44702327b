import { useEffect } from "preact/hooks";
import { askKeyProblems, type KeyProblem, type ProblemKey } from "../api/lists/problems.ts";
import { KeyExpiry } from "../keys/key-list/key-expiry.tsx";
import { Fingerprint, keyPath } from "../keys/shown/key-label.tsx";
import { usePolled } from "../state/polling.ts";
import { Link } from "../ui/link.tsx";
import { Pending } from "../ui/pending.tsx";
import { Moment } from "../ui/time.tsx";
import { ProblemGroups, type ProblemKind, ProblemLine } from "./problem-group.tsx";
import type { Problem } from "./problems.ts";

const INTERVAL_MS = 5000;

/** Otherwise the executor that still uses this ended key is named, as refused. */
function isNobodys({ status, lastRefusal }: ProblemKey): boolean {
  return status === "active" || lastRefusal?.executor == null || lastRefusal.executor.isDeleted;
}

const KINDS: Readonly<Record<KeyProblem, ProblemKind>> = {
  refused: { title: "Refused keys that are still used", tone: "bad", status: "refused", action: "See who" },
  expiring: {
    title: "Keys that expire within 14 days",
    tone: "warn",
    status: "expiring&sort=expires",
    action: "Rotate it",
    look: "See who uses it",
  },
  unused: {
    title: "Keys not used for 90 days",
    tone: "warn",
    status: "unused",
    action: "Revoke it",
    look: "See who used it",
  },
  old: {
    title: "Keys older than 90 days",
    tone: "warn",
    status: "old",
    action: "Rotate it",
    look: "See who uses it",
  },
};

export function KeyProblemList({ problems }: { problems: readonly Problem<KeyProblem>[] }) {
  const kinds = problems.map(({ kind }) => kind);
  const { data, failure, reload } = usePolled("key problems", INTERVAL_MS, askKeyProblems(kinds));
  useEffect(reload, [kinds.join()]);
  if (data === undefined) {
    return <Pending failure={failure} />;
  }
  return (
    <ProblemGroups
      problems={problems}
      kinds={KINDS}
      list="/api-keys"
      entries={data}
      nameable={{ ...data, refused: data.refused?.filter(isNobodys) }}
      line={(apiKey, kind, action) => <KeyLine key={apiKey.id} apiKey={apiKey} kind={kind} action={action} />}
    />
  );
}

function KeyLine({ apiKey, kind, action }: { apiKey: ProblemKey; kind: KeyProblem; action: string }) {
  const { id, name, fingerprint } = apiKey;
  return (
    <ProblemLine
      name={
        <>
          <Link to={keyPath(id)}>{name}</Link> <Fingerprint text={fingerprint} />
        </>
      }
      action={
        <Link to={keyPath(id)} class="button">
          {action}
          <span class="visually-hidden">: {name}</span>
        </Link>
      }
    >
      <KeySentence apiKey={apiKey} kind={kind} />
    </ProblemLine>
  );
}

function KeySentence({ apiKey, kind }: { apiKey: ProblemKey; kind: KeyProblem }) {
  const { lastRefusal, lastUsedAt, createdAt, status } = apiKey;
  if (kind === "refused") {
    return lastRefusal === null ? null : (
      <>
        {status}; refused <Moment at={lastRefusal.at} />
        {lastRefusal.address === null ? "" : ` from ${lastRefusal.address}`}
        {lastRefusal.executor === null ? "" : `, for ${lastRefusal.executor.name}`}
      </>
    );
  }
  if (kind === "unused") {
    return (
      <>
        {lastUsedAt === null ? "never used, created " : "last used "}
        <Moment at={lastUsedAt ?? createdAt} />
      </>
    );
  }
  return (
    <>
      {kind === "old" ? (
        <>
          created <Moment at={createdAt} />
        </>
      ) : (
        <KeyExpiry apiKey={apiKey} />
      )}
      {/* The edge of the expiry separates them for the eye. */}
      {kind === "old" ? "; " : <span class="visually-hidden">; </span>} {usersWords(apiKey)}
    </>
  );
}

function usersWords({ usedNow, usedNowCount }: ProblemKey): string {
  if (usedNowCount === 0) {
    return "no executor uses it";
  }
  const names = usedNow.map(({ executor }) => executor.name);
  const more = usedNowCount - names.length;
  return `used by ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
