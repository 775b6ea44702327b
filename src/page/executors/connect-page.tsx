import { useEffect, useState } from "preact/hooks";
import { CHANNELS, type Channel } from "../../protocol/channels.ts";
import { type ApiKeyUse, askApiKeyUse, createApiKey } from "../api/api-keys.ts";
import type { Reference } from "../api/decode.ts";
import { ConnectSteps } from "../keys/connect-steps.tsx";
import { KeyNameField } from "../keys/key-name-field.tsx";
import { AskManagers } from "../members/ask-managers.tsx";
import { useAnnounce, useNow, usePageState, usePlace } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useSubmit } from "../state/submission.ts";
import { SubmitButton } from "../ui/form.tsx";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { Pending } from "../ui/pending.tsx";
import { sinceWhen } from "../ui/time.tsx";
import { NameTaken } from "./name-taken.tsx";

const INTERVAL_MS = 2000;
const CHANNEL_TEXTS: Readonly<Record<Channel, string>> = {
  stable: "releases",
  beta: "candidates for the next release",
  dev: "every build",
};

/** From the URL, so that it survives a reload: its key, and the channel that was chosen. */
interface Connecting {
  readonly keyId: string;
  readonly channel: Channel;
}

/** Creates a key for a new executor, shows what to do on its host, waits for the first sync. */
export function ConnectPage({ membership }: { membership: Membership }) {
  const { navigation, secret } = usePageState();
  const connecting = connectingOf(usePlace().query);
  const isStoring = useStore(secret.shown) !== undefined;
  const start = ({ keyId, channel }: Connecting) =>
    navigation.replace(`/connect?key=${encodeURIComponent(keyId)}&channel=${channel}`);
  return (
    <>
      <PageHead title="Connect an executor" />
      {!membership.canManage ? (
        <div class="empty">
          <AskManagers deed="connect an executor" />
        </div>
      ) : null}
      {membership.canManage && connecting === undefined ? <ConnectForm onCreated={start} /> : null}
      {connecting !== undefined && !isStoring ? <Arrival connecting={connecting} /> : null}
    </>
  );
}

function connectingOf(query: URLSearchParams): Connecting | undefined {
  const keyId = query.get("key");
  const channel = channelOf(query.get("channel"));
  return keyId === null ? undefined : { keyId, channel };
}

function channelOf(text: string | null): Channel {
  return CHANNELS.find((each) => each === text) ?? "stable";
}

function ConnectForm({ onCreated }: { onCreated: (connecting: Connecting) => void }) {
  const { secret } = usePageState();
  const [name, setName] = useState("");
  const [channel, setChannel] = useState<Channel>("stable");
  const submission = useSubmit(
    () => createApiKey({ name: name.trim(), expiresAt: null, target: null }),
    (issued) => {
      const executorName = name.trim();
      onCreated({ channel, keyId: issued.apiKey.id });
      secret.show({ issued, title: `Connect ${executorName}`, executorName, connect: { channel } });
    },
  );
  return (
    <form class="panel" onSubmit={submission.submit}>
      <p>
        This creates a key with the executor’s name. The key never expires. The next step shows what to do on
        its host.
      </p>
      <div class="wide">
        <KeyNameField name={name} onChange={setName} />
        <NameTaken name={name.trim()} />
      </div>
      <label class="field">
        Channel
        <select
          value={channel}
          onChange={({ currentTarget }) => {
            setChannel(channelOf(currentTarget.value));
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

/** Waits until an executor has synced with the new key, and says what to do until then. */
function Arrival({ connecting: { keyId, channel } }: { connecting: Connecting }) {
  const { data, failure } = usePolled(`arrival ${keyId}`, INTERVAL_MS, askApiKeyUse(keyId));
  if (data === undefined) {
    return <Pending failure={failure} />;
  }
  if (data === null) {
    return (
      <div class="empty">
        <p>The key of this connection has been deleted.</p>
        <p>
          <Link to="/connect">Connect another executor</Link>
        </p>
      </div>
    );
  }
  const arrived = arrivedIn(data);
  return (
    <>
      <Progress name={data.name} arrived={arrived} />
      {arrived === undefined ? <ConnectSteps name={data.name} channel={channel} /> : null}
      <p class="more">
        <Link to="/connect">Connect another executor</Link>
      </p>
    </>
  );
}

interface Arrived {
  readonly executor: Reference;
  /** Epoch ms. */
  readonly since: number;
}

/** The executor that uses the key; undefined: none yet. */
function arrivedIn({ boundExecutors: [executor], usedBy }: ApiKeyUse): Arrived | undefined {
  const since = usedBy.find((use) => use.executor.id === executor?.id)?.firstUsedAt;
  return executor === undefined || since === undefined ? undefined : { executor, since };
}

function Progress({ name, arrived }: { name: string; arrived: Arrived | undefined }) {
  const now = useNow();
  const announce = useAnnounce();
  const arrivedName = arrived?.executor.name;
  useEffect(() => {
    if (arrivedName !== undefined) {
      announce(`${arrivedName} is online.`);
    }
  }, [arrivedName]);
  if (arrived === undefined) {
    return (
      <Notice kind="info">
        <p class="waiting">waiting for {name}…</p>
        <p>This page tells you when {name} is online. Follow these steps on its host with the stored key:</p>
      </Notice>
    );
  }
  const { executor, since } = arrived;
  return (
    <Notice kind="good">
      <p class="arrived">
        <Link to={`/executors/${encodeURIComponent(executor.id)}`}>{executor.name}</Link> has been online
        since {sinceWhen(since, now)}
      </p>
    </Notice>
  );
}
