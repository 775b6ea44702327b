import type { ShownSecret } from "../state/one-time-secret.ts";
import { useAnnounce, usePageState } from "../state/page-state.ts";
import { useStore } from "../state/store.ts";
import { useBlockedBack } from "../ui/block-back.ts";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ConnectSteps } from "./connect-steps.tsx";

/** Shows a new key once, above every page, even after the page it was created on is gone. */
export function SecretDialog() {
  const shown = useStore(usePageState().secret.shown);
  return shown === undefined ? null : <OneTimeDialog key={shown.issued.apiKey.id} shown={shown} />;
}

/** Only its button closes it: not Escape, not a click beside it, not Back. */
function OneTimeDialog({ shown }: { shown: ShownSecret }) {
  useBlockedBack();
  const { secret: holder } = usePageState();
  const announce = useAnnounce();
  const { issued, title, connect, executorName } = shown;
  const { apiKey, secret } = issued;
  const close = () => {
    holder.forget();
    announce(`This page no longer holds the key ${apiKey.name}.`);
  };
  return (
    <Dialog title={title}>
      <div class="dialog-body">
        <p>
          Store the key <strong>{apiKey.name}</strong> (fingerprint <code>{apiKey.fingerprint}</code>) now, in
          a password manager or with your servers’ other secrets. It is shown only once and cannot be read
          again.
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
        <button type="button" class="primary" onClick={close}>
          I’ve stored this key
        </button>
      </div>
    </Dialog>
  );
}

function PasteSteps({ secret, executorName }: { secret: string; executorName: string | undefined }) {
  return (
    <>
      <section>
        <h3>Give it to a running agent</h3>
        <p>
          Run this on {executorName ?? "the executor’s host"}. It asks for the key, so that no shell history
          contains it, tries it, writes it to <code>agent.toml</code>, and says when the agent uses it:
        </p>
        <CopyBlock what="the command" text="sudo novacula-agent set-key" />
      </section>
      <section>
        <h3>
          Or put it into <code>/etc/novacula/agent.toml</code>
        </h3>
        <p>
          Replace the line in the section <code>[control_plane]</code>. The agent applies it when the file is
          saved; nothing needs a restart.
        </p>
        <CopyBlock what="the line for agent.toml" text={`access_token = "${secret}"`} />
      </section>
    </>
  );
}
