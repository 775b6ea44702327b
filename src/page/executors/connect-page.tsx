import { useEffect, useState } from "preact/hooks";
import { askApiKeyUse, createApiKey } from "../api/api-keys.ts";
import { ConnectSteps } from "../keys/connect-steps.tsx";
import { KeyNameField } from "../keys/key-name-field.tsx";
import { announce } from "../state/announcement.ts";
import { useNow } from "../state/clock.ts";
import { oneTimeSecret, showOnce } from "../state/one-time-secret.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useSubmit } from "../state/submission.ts";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { SubmitButton } from "../ui/submit-button.tsx";
import { sinceWhen } from "../ui/time.tsx";
import { NameTaken } from "./name-taken.tsx";

const INTERVAL_MS = 2000;
const CHANNELS = [
  { name: "stable", says: "releases" },
  { name: "beta", says: "what becomes the next release" },
  { name: "dev", says: "every build" },
] as const;

interface Connecting {
  readonly name: string;
  readonly channel: string;
  readonly keyId: string;
}

/** From a name to an executor that is online, on one page. */
export function ConnectPage({ membership }: { membership: Membership }) {
  const [connecting, setConnecting] = useState<Connecting>();
  const isStoring = useStore(oneTimeSecret) !== undefined;
  return (
    <>
      <PageHead title="Connect an executor" />
      {!membership.canManage ? (
        <p class="empty">An owner or admin of {membership.organization.name} can connect an executor.</p>
      ) : null}
      {membership.canManage && connecting === undefined ? <ConnectForm onCreated={setConnecting} /> : null}
      {connecting !== undefined && !isStoring ? (
        <>
          <Awaited connecting={connecting} />
          <ConnectSteps name={connecting.name} channel={connecting.channel} />
        </>
      ) : null}
    </>
  );
}

function ConnectForm({ onCreated }: { onCreated: (connecting: Connecting) => void }) {
  const [name, setName] = useState("");
  const [channel, setChannel] = useState<string>("stable");
  const submission = useSubmit(
    (signal) => createApiKey({ name: name.trim(), expiresAt: null, target: null }, signal),
    (issued) => {
      onCreated({ name: name.trim(), channel, keyId: issued.apiKey.id });
      showOnce({ issued, title: `Connect ${name.trim()}`, executorName: name.trim(), connect: { channel } });
    },
  );
  return (
    <form class="panel" onSubmit={submission.submit}>
      <p>The executor gets a key of its own, named like it. What to do on the server comes next.</p>
      <KeyNameField name={name} onChange={setName} />
      <NameTaken name={name.trim()} />
      <label class="field">
        Channel
        <select value={channel} onChange={(event) => setChannel(event.currentTarget.value)}>
          {CHANNELS.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}: {each.says}
            </option>
          ))}
        </select>
      </label>
      <SubmitButton submission={submission} verb="Create its key" />
    </form>
  );
}

/** Waits until an executor has synced with the key that was made for it. */
function Awaited({ connecting: { name, keyId } }: { connecting: Connecting }) {
  const now = useNow();
  const { data } = usePolled(`awaited ${keyId}`, INTERVAL_MS, (signal) => askApiKeyUse(keyId, signal));
  const [bound] = data?.boundExecutors ?? [];
  const since = data?.usedBy.find(({ executor }) => executor.id === bound?.id)?.firstUsedAt;
  const arrived = bound === undefined || since === undefined ? undefined : bound.name;
  useEffect(() => {
    if (arrived !== undefined) {
      announce(`${arrived} is online`);
    }
  }, [arrived]);
  if (bound === undefined || since === undefined) {
    return (
      <Notice kind="info">
        <p class="waiting">waiting for {name}…</p>
        <p>
          This page says when it is online. These are the steps on the server, with the key that you stored:
        </p>
      </Notice>
    );
  }
  return (
    <Notice kind="good">
      <p class="arrived">
        <Link to={`/executors/${encodeURIComponent(bound.id)}`}>{bound.name}</Link> is online since{" "}
        {sinceWhen(since, now)}
      </p>
    </Notice>
  );
}
