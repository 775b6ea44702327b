import type { Role } from "../../protocol/roles.ts";
import { askMembers } from "../api/members.ts";
import { useMembership } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import { Link } from "../ui/link.tsx";

const INTERVAL_MS = 30_000;
const NAMED = 3;

/**
 * For a person who may only look: whom to ask, by name. Nothing for the others.
 *
 * @param deed what they cannot do: `create keys`
 */
export function AskManagers({ deed }: { deed: string }) {
  const membership = useMembership();
  return membership === undefined || membership.canManage ? null : (
    <Managers organizationId={membership.organization.id} deed={deed} />
  );
}

function Managers({ organizationId, deed }: { organizationId: string; deed: string }) {
  const { data } = usePolled(`managers of ${organizationId}`, INTERVAL_MS, askMembers());
  const of = (wanted: Role) => (data?.members ?? []).filter(({ role }) => role === wanted);
  const managers = [...of("owner"), ...of("admin")];
  const named = managers.slice(0, managers.length > NAMED + 1 ? NAMED : managers.length);
  const others = managers.length - named.length;
  return (
    <p>
      Only owners and admins can {deed}
      {named.length === 0 ? ". " : ": ask "}
      {named.map(({ id, user }, index) => (
        <>
          {separator(index, named.length, others)}
          <a key={id} href={`mailto:${encodeURIComponent(user.email)}`} title={user.email}>
            {user.name}
          </a>
        </>
      ))}
      {others === 0 ? null : (
        <>
          {" "}
          or <Link to="/members">{others} more</Link>
        </>
      )}
      {named.length === 0 ? null : "."}
    </p>
  );
}

function separator(index: number, count: number, others: number): string {
  if (index === 0) {
    return "";
  }
  return index === count - 1 && others === 0 ? " or " : ", ";
}
