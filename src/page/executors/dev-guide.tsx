import type { Membership } from "../state/session.ts";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Link } from "../ui/link.tsx";

/** In development: what to try with the agent that runs beside this control plane. */
export function DevGuide({ membership: { viewer, canManage } }: { membership: Membership }) {
  const { setKeyCommand } = viewer;
  if (setKeyCommand === null || !canManage) {
    return null;
  }
  return (
    <section class="panel">
      <h2>Rotate the key, without interruption</h2>
      <ol class="steps">
        <li>
          <p>
            On <Link to="/api-keys">API keys</Link>, choose Rotate for the key <strong>dev</strong>, and keep
            the old key valid for a while. Copy the new key.
          </p>
        </li>
        <li>
          <p>In another terminal, in the folder where you started it all, run this and paste the key:</p>
          <CopyBlock what="the command" text={setKeyCommand} />
        </li>
        <li>
          <p>The page shows when the executor is on the new key. Then revoke the old one: nothing happens.</p>
        </li>
      </ol>
    </section>
  );
}
