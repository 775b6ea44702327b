import type { Executor } from "../api/executors.ts";
import { KeyLabel } from "../keys/key-label.tsx";
import { ListHead } from "../ui/list/list-head.tsx";
import { Moment } from "../ui/moment.tsx";
import { Notice } from "../ui/notice.tsx";
import { exactly } from "../ui/time.tsx";

/** What somebody has to look at: two hosts under one name, a sync that was refused. */
export function ExecutorWarnings({ executor: { name, instances, lastRefusal } }: { executor: Executor }) {
  return (
    <>
      {instances.length > 1 ? (
        <Notice kind="warning">
          <p>
            {instances.length} processes sync under the name {name} at the same time. A cloned host? Give each
            its own name and key:
          </p>
          <ul>
            {instances.map(({ instanceId, hostName, address, lastSyncAt }) => (
              <li key={instanceId}>
                {hostName}
                {address === null ? "" : ` (${address})`}, last sync <Moment at={lastSyncAt} />, instance{" "}
                <code>{instanceId}</code>
              </li>
            ))}
          </ul>
        </Notice>
      ) : null}
      {lastRefusal === null ? null : (
        <Notice kind="warning">
          <p>
            <Moment at={lastRefusal.at} />, a sync under the name {name} with the key{" "}
            <strong>{lastRefusal.key.name}</strong> <code>{lastRefusal.key.fingerprint}</code>
            {lastRefusal.address === null ? "" : ` from ${lastRefusal.address}`} was refused (
            <code>{lastRefusal.reason}</code>): {lastRefusal.message}
          </p>
        </Notice>
      )}
    </>
  );
}

export function ExecutorFacts({ executor }: { executor: Executor }) {
  const { key, hostName, publicHost, version, channel, kind, lastSyncAt, createdAt } = executor;
  return (
    <dl class="facts">
      <div>
        <dt>Key</dt>
        <dd>{key === null ? "none: it cannot sync until it is given one" : <KeyLabel apiKey={key} />}</dd>
      </div>
      <div>
        <dt>Last sync</dt>
        <dd>{lastSyncAt === null ? "never" : <Moment at={lastSyncAt} />}</dd>
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

/** Which keys it has used: in a rotation, the line that says that the new one authenticated. */
export function KeyHistory({ executor: { keyHistory, key: bound } }: { executor: Executor }) {
  return (
    <section>
      <h2>Keys it has used</h2>
      {keyHistory.length === 0 ? (
        <p class="muted">None yet.</p>
      ) : (
        <table class="list">
          <caption class="visually-hidden">Keys it has used, newest first</caption>
          <ListHead columns={["Key", "Since", "Last used"]} />
          <tbody>
            {keyHistory.map(({ key, firstUsedAt, lastUsedAt }) => (
              <tr key={key.id}>
                <td data-label="Key">
                  <KeyLabel apiKey={key} />
                  {key.id === bound?.id ? <span class="under">on it now</span> : null}
                </td>
                <td data-label="Since">
                  <time dateTime={new Date(firstUsedAt).toISOString()}>{exactly(firstUsedAt)}</time>
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
