import type { Health } from "../api/lists/health.ts";
import { Link } from "../ui/link.tsx";

/** The counts of the overview; each leads to the list that it counts. */
export function Counts({ health: { executors, apiKeys } }: { health: Health }) {
  const stopped = executors.offlineBy.find(({ cause }) => cause === "stopped")?.count ?? 0;
  return (
    <div class="counts">
      <Group title="Executors">
        <Count to="/executors?status=online" label="online" count={executors.online} tone="good" />
        <Count
          to="/executors?status=offline"
          label="offline"
          count={executors.offline}
          tone={executors.offline > stopped ? "bad" : undefined}
          under={executors.offline > 0 ? offlineWords(executors.offlineBy) : undefined}
        />
        <Count to="/executors?status=knocking" label="refused now" count={executors.refused} tone="bad" />
        <Count
          to="/executors?status=duplicate"
          label="run several times"
          count={executors.duplicates}
          tone="warn"
        />
      </Group>
      <Group title="API keys">
        <Count to="/api-keys?status=active" label="active" count={apiKeys.active} tone="good" />
        <Count
          to="/api-keys?status=expiring&sort=expires"
          label="expire within 14 days"
          count={apiKeys.expiring}
          tone="warn"
        />
        <Count to="/api-keys?status=refused" label="refused now" count={apiKeys.refused} tone="bad" />
        <Count to="/api-keys?status=unused" label="not used for 90 days" count={apiKeys.unused} tone="warn" />
        <Count to="/api-keys?status=old" label="older than 90 days" count={apiKeys.old} tone="warn" />
      </Group>
    </div>
  );
}

const SHORT: Readonly<Record<Health["executors"]["offlineBy"][number]["cause"], string>> = {
  silent: "silent",
  stopped: "stopped",
  refused: "refused",
  key_revoked: "key revoked",
  key_expired: "key expired",
  key_deleted: "key deleted",
};

function offlineWords(offlineBy: Health["executors"]["offlineBy"]): string {
  return offlineBy
    .filter(({ count }) => count > 0)
    .map(({ cause, count }) => `${count} ${SHORT[cause]}`)
    .join(", ");
}

function Group({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      <ul>{children}</ul>
    </section>
  );
}

interface CountProps {
  readonly to: string;
  readonly label: string;
  readonly count: number;
  /** Of a count that is not 0. */
  readonly tone?: "good" | "warn" | "bad" | undefined;
  readonly under?: string | undefined;
}

function Count({ to, label, count, tone, under }: CountProps) {
  return (
    <li>
      <Link to={to} class={count === 0 || tone === undefined ? "count" : `count ${tone}`}>
        <strong>{count.toLocaleString("en")}</strong> {label}
        {under === undefined ? null : <span class="under">{under}</span>}
      </Link>
    </li>
  );
}
