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
    <section class="panel guide">
      <h2>Rotate the key, without interruption</h2>
      <ol class="steps">
        <li>
          <p>
            On the page of the executor (see <Link to="/executors">Executors</Link>), choose Rotate key and
            keep the old key for 1 h. Copy the new key.
          </p>
        </li>
        <li>
          <p>In another terminal, in the folder where you started this, run the command and paste the key:</p>
          <CopyBlock what="the command" text={setKeyCommand} />
        </li>
        <li>
          <p>
            The page shows when the executor is on the new key. Then revoke the old key: the executor stays
            online.
          </p>
        </li>
      </ol>
    </section>
  );
}
