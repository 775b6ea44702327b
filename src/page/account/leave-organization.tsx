import { useState } from "preact/hooks";
import { askMembers } from "../api/members.ts";
import { leaveOrganization } from "../api/own-account.ts";
import { usePolled } from "../state/polling.ts";
import type { Membership } from "../state/session.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Link } from "../ui/link.tsx";

const INTERVAL_MS = 10_000;

/** The viewer's place in the shown organization, and the way out of it. */
export function LeaveOrganization({ membership }: { membership: Membership }) {
  const { organization, role } = membership;
  const { data, failure } = usePolled(`members of ${organization.id}`, INTERVAL_MS, askMembers());
  const [isLeaving, setLeaving] = useState(false);
  const owners = (data?.members ?? []).filter((member) => member.role === "owner");
  const isUnknown = role === "owner" && data === undefined && failure === undefined;
  const isOnlyOwner = role === "owner" && data !== undefined && owners.length < 2;
  return (
    <section>
      <h2>Organization</h2>
      <div class="panel">
        <p>
          You are {role === "member" ? "a member" : `an ${role}`} of <strong>{organization.name}</strong>.
          {isOnlyOwner ? (
            <>
              {" "}
              It has no other owner, so you cannot leave it: make somebody else an owner on{" "}
              <Link to="/members">Members</Link> first.
            </>
          ) : null}
        </p>
        {isOnlyOwner || isUnknown ? null : (
          <button type="button" class="danger" onClick={() => setLeaving(true)}>
            Leave {organization.name}
          </button>
        )}
      </div>
      {isLeaving ? <LeaveDialog membership={membership} onDismiss={() => setLeaving(false)} /> : null}
    </section>
  );
}

function LeaveDialog({ membership, onDismiss }: { membership: Membership; onDismiss: () => void }) {
  const { organization, viewer } = membership;
  const next = viewer.organizations.find(({ organization: { id } }) => id !== organization.id);
  return (
    <ActionDialog
      title={`Leave ${organization.name}?`}
      verb="Leave"
      kind="danger"
      operation={leaveOrganization}
      onDismiss={onDismiss}
      // Loaded anew, so that nothing of this organization stays on the page.
      onDone={() => window.location.assign("/")}
    >
      <p>
        You no longer see its keys and executors, at once. Its executors and your keys keep working. Only an
        owner or admin can let you in again.
      </p>
      <p class="muted">
        {next === undefined
          ? "You belong to no other organization. Your account stays."
          : `Then this page shows ${next.organization.name}.`}
      </p>
    </ActionDialog>
  );
}
