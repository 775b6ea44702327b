import { announce } from "../state/announcement.ts";
import { type OneTimeSecret, oneTimeSecret } from "../state/one-time-secret.ts";
import { useStore } from "../state/store.ts";
import { useBlockedBack } from "../ui/block-back.ts";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ConnectSteps } from "./connect-steps.tsx";

/** The dialog above every page that shows a new key once. It outlives the page it was opened from. */
export function SecretDialog() {
  const shown = useStore(oneTimeSecret);
  return shown === undefined ? null : <OneTimeDialog key={shown.issued.apiKey.id} shown={shown} />;
}

/** Nothing closes it but its button: not Escape, not a click beside it, not Back. */
function OneTimeDialog({ shown }: { shown: OneTimeSecret }) {
  useBlockedBack();
  const { issued, title, connect, executorName } = shown;
  const { apiKey, secret } = issued;
  const stored = () => {
    oneTimeSecret.set(undefined);
    announce(`${apiKey.name} is stored; this page does not hold it any more`);
  };
  return (
    <Dialog title={title}>
      <div class="dialog-body">
        <p>
          This is the only time that <strong>{apiKey.name}</strong> is shown (fingerprint{" "}
          <code>{apiKey.fingerprint}</code>). Nobody can read it again: store it now, in a password manager or
          where you keep the secrets of your servers.
        </p>
        <section>
          <h3>The key</h3>
          <CopyBlock what="the key" text={secret} />
        </section>
        {connect === undefined ? (
          <PasteSteps secret={secret} executorName={executorName} />
        ) : (
          <ConnectSteps name={executorName ?? apiKey.name} channel={connect.channel} secret={secret} />
        )}
      </div>
      <div class="dialog-buttons">
        <button type="button" class="primary" onClick={stored}>
          I’ve stored this key
        </button>
      </div>
    </Dialog>
  );
}

function PasteSteps({ secret, executorName }: { secret: string; executorName: string | undefined }) {
  const where = executorName === undefined ? "the executor’s host" : executorName;
  return (
    <>
      <section>
        <h3>Give it to a running agent</h3>
        <p>
          On {where}. It asks for the key (which then is in no shell history), tries it, writes it, and says
          when the agent is on it:
        </p>
        <CopyBlock what="the command" text="sudo novacula-agent set-key" />
      </section>
      <section>
        <h3>
          Or in <code>/etc/novacula/agent.toml</code>, under <code>[control_plane]</code>
        </h3>
        <p>The agent takes it when the file is saved; there is nothing to restart.</p>
        <CopyBlock what="the line for agent.toml" text={`access_token = "${secret}"`} />
      </section>
    </>
  );
}
