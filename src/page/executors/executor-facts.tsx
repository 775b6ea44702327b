import type { Executor } from "../api/executors.ts";
import { KeyLink } from "../keys/shown/key-label.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { ExactTime, Moment } from "../ui/time.tsx";
import { LastSync } from "./last-sync.tsx";

export function ExecutorFacts({ executor }: { executor: Executor }) {
  const { key, hostName, publicHost, version, channel, kind, lastSyncAt, stoppedAt, createdAt } = executor;
  return (
    <dl class="facts">
      <div>
        <dt>Key</dt>
        <dd>{key === null ? "none: it cannot sync until it gets one" : <KeyLink apiKey={key} />}</dd>
      </div>
      <div>
        <dt>Last sync</dt>
        <dd>
          <LastSync at={lastSyncAt} stoppedAt={stoppedAt} />
        </dd>
      </div>
      <div>
        <dt>Host</dt>
        <dd>
          {hostName}
          {publicHost === null ? null : <span class="under">{publicHost}</span>}
        </dd>
      </div>
      <div>
        <dt>Version</dt>
        <dd>
          {version}, {channel}
        </dd>
      </div>
      <div>
        <dt>Kind</dt>
        <dd>{kind}</dd>
      </div>
      <div>
        <dt>First connected</dt>
        <dd>
          <Moment at={createdAt} />
        </dd>
      </div>
    </dl>
  );
}

/** The keys that the executor has used. A new key appears here with its first sync. */
export function KeyHistory({ executor }: { executor: Executor }) {
  const { keyHistory, key: bound, status, offlineReason } = executor;
  const isUsed = status === "online" && offlineReason === null;
  return (
    <section>
      <h2>Keys used</h2>
      {keyHistory.length === 0 ? (
        <p class="muted">None yet.</p>
      ) : (
        <table class="list">
          <caption class="visually-hidden">Keys used, newest first</caption>
          <TableHead columns={["Key", "First used", "Last used"]} />
          <tbody>
            {keyHistory.map(({ key, firstUsedAt, lastUsedAt }) => (
              <tr key={key.id}>
                <td data-label="Key">
                  <KeyLink apiKey={key} />
                  {key.id === bound?.id && isUsed ? <span class="muted"> in use</span> : null}
                </td>
                <td data-label="First used">
                  <ExactTime at={firstUsedAt} />
                </td>
                <td data-label="Last used">
                  <Moment at={lastUsedAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
