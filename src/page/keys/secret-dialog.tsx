import type { FollowUp } from "../state/follow-ups.ts";
import type { ShownSecret } from "../state/one-time-secret.ts";
import { useAnnounce, usePageState, useSession, useSetKeyCommand } from "../state/page-state.ts";
import { useStore } from "../state/store.ts";
import { useBlockedBack } from "../ui/block-back.ts";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ConnectSteps } from "./connect-steps.tsx";
import { ArrivalList } from "./rotation/arrival-list.tsx";
import { type Arrival, useArrival } from "./rotation/use-arrival.ts";
import { Fingerprint } from "./shown/key-label.tsx";

/** Shows a new key once, above every page, even after the page it was created on is gone. */
export function SecretDialog() {
  const { secret, followUps } = usePageState();
  const shown = useStore(secret.shown);
  if (shown === undefined) {
    return null;
  }
  const { id } = shown.issued.apiKey;
  const followUp = followUps.of(id);
  return shown.connect !== undefined || followUp === undefined ? (
    <OneTimeDialog key={id} shown={shown} />
  ) : (
    <FollowedDialog key={id} shown={shown} followUp={followUp} />
  );
}

/** Stays until its executors are on the key, or the person has stored it. */
function FollowedDialog({ shown, followUp }: { shown: ShownSecret; followUp: FollowUp }) {
  const { followUps } = usePageState();
  const arrival = useArrival(followUp);
  const forget = () => {
    if (arrival.isDone && arrival.data?.old?.status !== "active") {
      followUps.remove(followUp.key.id); // Nothing is left to do.
    }
  };
  return <OneTimeDialog shown={shown} followUp={followUp} arrival={arrival} onClose={forget} />;
}

interface OneTimeProps {
  readonly shown: ShownSecret;
  readonly followUp?: FollowUp;
  readonly arrival?: Arrival;
  readonly onClose?: () => void;
}

/** Only its button closes it: not Escape, not a click beside it, not Back. */
function OneTimeDialog({ shown, followUp, arrival, onClose }: OneTimeProps) {
  useBlockedBack();
  const { secret: holder } = usePageState();
  const announce = useAnnounce();
  const { issued, title, connect, executorName } = shown;
  const { apiKey, secret } = issued;
  const isLastStep = arrival?.isDone !== true || arrival.data?.old?.status !== "active";
  const close = () => {
    onClose?.();
    holder.forget();
    announce(`This page no longer holds the key ${apiKey.name}.`);
  };
  return (
    <Dialog title={title}>
      <div class="dialog-body">
        <p class="once">
          <strong>{apiKey.name}</strong> <Fingerprint text={apiKey.fingerprint} /> is shown only here, and
          only once.
        </p>
        {connect === undefined ? (
          <GiveSteps secret={secret} executors={followUp?.executors ?? []} />
        ) : (
          <ConnectSteps name={executorName ?? apiKey.name} channel={connect.channel} secret={secret} />
        )}
        {arrival === undefined || followUp === undefined ? null : (
          <LiveArrival followUp={followUp} arrival={arrival} />
        )}
      </div>
      <div class="dialog-buttons">
        <button type="button" class={isLastStep ? "primary" : undefined} onClick={close}>
          {arrival?.isDone === true ? "Done" : "I’ve stored this key"}
        </button>
      </div>
    </Dialog>
  );
}

function LiveArrival({ followUp, arrival }: { followUp: FollowUp; arrival: Arrival }) {
  const isSignedOut = useSession().kind === "signed-out";
  return (
    <section
      class={`notice follow-up ${arrival.isDone ? "notice-good" : "notice-info"}`}
      aria-label="Progress"
      aria-live="polite"
    >
      {isSignedOut ? (
        <p>You are signed out, so this page cannot see who is on the key. Store the key, then sign in.</p>
      ) : (
        <ArrivalList followUp={followUp} arrival={arrival} />
      )}
    </section>
  );
}

interface GiveStepsProps {
  readonly secret: string;
  readonly executors: FollowUp["executors"];
}

/** From the new key to a running agent: the command first, because its prompt wants the key. */
function GiveSteps({ secret, executors }: GiveStepsProps) {
  return (
    <>
      <section>
        <h3>1. Run this on {hosts(executors)}</h3>
        <CopyBlock what="the command" text={useSetKeyCommand()} />
      </section>
      <section>
        <h3>2. Paste the key at its prompt</h3>
        <CopyBlock what="the key" text={secret} />
        <p class="muted">
          It checks the key and writes it to <code>agent.toml</code>. The agent uses it within a second.
        </p>
      </section>
      <details>
        <summary>Or put it into the file yourself</summary>
        <p>
          Replace the line in <code>/etc/novacula/agent.toml</code>, in the section{" "}
          <code>[control_plane]</code>. Nothing needs a restart.
        </p>
        <CopyBlock what="the line for agent.toml" text={`access_token = "${secret}"`} />
      </details>
    </>
  );
}

function hosts(executors: FollowUp["executors"]): string {
  const [first, second] = executors;
  if (first === undefined) {
    return "the executor’s host";
  }
  return second === undefined ? first.name : `each of its ${executors.length} executors`;
}
