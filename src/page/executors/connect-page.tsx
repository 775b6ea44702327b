import { useEffect, useState } from "preact/hooks";
import { CHANNELS, type Channel } from "../../protocol/channels.ts";
import { askApiKeyUse, createApiKey } from "../api/api-keys.ts";
import { ConnectSteps } from "../keys/connect-steps.tsx";
import { KeyNameField } from "../keys/key-name-field.tsx";
import { useAnnounce, useNow, usePageState } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useSubmit } from "../state/submission.ts";
import { SubmitButton } from "../ui/form.tsx";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { sinceWhen } from "../ui/time.tsx";
import { NameTaken } from "./name-taken.tsx";

const INTERVAL_MS = 2000;
const CHANNEL_TEXTS: Readonly<Record<Channel, string>> = {
  stable: "releases",
  beta: "candidates for the next release",
  dev: "every build",
};

interface Connecting {
  readonly name: string;
  readonly channel: Channel;
  readonly keyId: string;
}

/** Creates a key for a new executor, shows what to do on the server, waits for the first sync. */
export function ConnectPage({ membership }: { membership: Membership }) {
  const [connecting, setConnecting] = useState<Connecting>();
  const isStoring = useStore(usePageState().secret.shown) !== undefined;
  return (
    <>
      <PageHead title="Connect an executor" />
      {!membership.canManage ? (
        <p class="empty">
          Only owners and admins of {membership.organization.name} can connect an executor. Ask one of them.
        </p>
      ) : null}
      {membership.canManage && connecting === undefined ? <ConnectForm onCreated={setConnecting} /> : null}
      {connecting !== undefined && !isStoring ? (
        <>
          <Arrival connecting={connecting} />
          <ConnectSteps name={connecting.name} channel={connecting.channel} />
        </>
      ) : null}
    </>
  );
}

function ConnectForm({ onCreated }: { onCreated: (connecting: Connecting) => void }) {
  const { secret } = usePageState();
  const [name, setName] = useState("");
  const [channel, setChannel] = useState<Channel>("stable");
  const submission = useSubmit(
    () => createApiKey({ name: name.trim(), expiresAt: null, target: null }),
    (issued) => {
      const executorName = name.trim();
      onCreated({ name: executorName, channel, keyId: issued.apiKey.id });
      secret.show({ issued, title: `Connect ${executorName}`, executorName, connect: { channel } });
    },
  );
  return (
    <form class="panel" onSubmit={submission.submit}>
      <p>
        This creates a key with the executor’s name. The key never expires. The next step shows what to do on
        the server.
      </p>
      <KeyNameField name={name} onChange={setName} />
      <NameTaken name={name.trim()} />
      <label class="field">
        Channel
        <select
          value={channel}
          onChange={({ currentTarget }) => {
            setChannel(CHANNELS.find((each) => each === currentTarget.value) ?? "stable");
          }}
        >
          {CHANNELS.map((each) => (
            <option key={each} value={each}>
              {each}: {CHANNEL_TEXTS[each]}
            </option>
          ))}
        </select>
      </label>
      <SubmitButton submission={submission} verb="Create the key" />
    </form>
  );
}

/** Waits until an executor has synced with the new key. */
function Arrival({ connecting: { name, keyId } }: { connecting: Connecting }) {
  const now = useNow();
  const announce = useAnnounce();
  const { data } = usePolled(`arrival ${keyId}`, INTERVAL_MS, askApiKeyUse(keyId));
  const [bound] = data?.boundExecutors ?? [];
  const since = data?.usedBy.find(({ executor }) => executor.id === bound?.id)?.firstUsedAt;
  const arrived = bound === undefined || since === undefined ? undefined : bound.name;
  useEffect(() => {
    if (arrived !== undefined) {
      announce(`${arrived} is online.`);
    }
  }, [arrived]);
  if (bound === undefined || since === undefined) {
    return (
      <Notice kind="info">
        <p class="waiting">waiting for {name}…</p>
        <p>
          This page tells you when {name} is online. Follow these steps on the server with the stored key:
        </p>
      </Notice>
    );
  }
  return (
    <Notice kind="good">
      <p class="arrived">
        <Link to={`/executors/${encodeURIComponent(bound.id)}`}>{bound.name}</Link> has been online since{" "}
        {sinceWhen(since, now)}
      </p>
    </Notice>
  );
}
