import { useState } from "preact/hooks";
import { mayGive, type Role } from "../../protocol/roles.ts";
import { type Member, removeMember, updateMemberRole } from "../api/members.ts";
import { useAnnounce } from "../state/page-state.ts";
import type { Membership } from "../state/session.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { Link } from "../ui/link.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { Menu } from "../ui/menu.tsx";
import { useRestoredFocus } from "../ui/restore-focus.ts";
import { RoleField } from "./role-field.tsx";

interface MemberTableProps {
  readonly members: readonly Member[];
  readonly membership: Membership;
  readonly onChanged: () => void;
}

/** The action that was chosen in a member's menu. */
type Asked = { readonly what: "role" | "remove"; readonly member: Member };

export function MemberTable({ members, membership, onChanged }: MemberTableProps) {
  const [asked, setAsked] = useState<Asked>();
  const { canManage } = membership;
  const restoreFocus = useRestoredFocus();
  const dialog = {
    onDismiss: () => setAsked(undefined),
    onDone: () => {
      setAsked(undefined);
      onChanged();
    },
  };
  return (
    <>
      <table class="list" onFocusIn={restoreFocus}>
        <caption class="visually-hidden">Members of {membership.organization.name}</caption>
        <TableHead columns={["Name", "E-mail", "Role"]} hasActions={canManage} />
        <tbody>
          {members.map((member) => (
            <MemberRow
              key={member.id}
              member={member}
              membership={membership}
              ask={canManage ? (what) => setAsked({ what, member }) : undefined}
            />
          ))}
        </tbody>
      </table>
      {asked?.what === "role" ? (
        <RoleDialog member={asked.member} role={membership.role} {...dialog} />
      ) : null}
      {asked?.what === "remove" ? <RemoveDialog member={asked.member} {...dialog} /> : null}
    </>
  );
}

interface MemberRowProps {
  readonly member: Member;
  readonly membership: Membership;
  readonly ask: ((what: Asked["what"]) => void) | undefined;
}

function MemberRow({ member: { user, role }, membership, ask }: MemberRowProps) {
  const viewerId = membership.viewer.user.id;
  // An admin may not change an owner.
  const mayChange = user.id !== viewerId && mayGive(membership.role, role);
  return (
    <tr>
      <td data-label="Name">
        <span class="name">{user.name}</span>
        {user.id === viewerId ? (
          <span class="under">
            <Link to="/account">your account</Link>
          </span>
        ) : null}
      </td>
      <td data-label="E-mail" class="foreign">
        {user.email}
      </td>
      <td data-label="Role">{role}</td>
      {ask === undefined ? null : (
        <td class="actions">{mayChange ? <MemberMenu name={user.name} ask={ask} /> : null}</td>
      )}
    </tr>
  );
}

function MemberMenu({ name, ask }: { name: string; ask: (what: Asked["what"]) => void }) {
  const items = [
    { label: "Change role", onSelect: () => ask("role") },
    { label: "Remove", onSelect: () => ask("remove"), isDangerous: true },
  ];
  return <Menu label={`Actions for ${name}`} items={items} />;
}

interface MemberDialogProps {
  readonly member: Member;
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

function RoleDialog({ member, role: own, onDismiss, onDone }: MemberDialogProps & { readonly role: Role }) {
  const announce = useAnnounce();
  const [role, setRole] = useState<Role>(member.role);
  return (
    <ActionDialog
      title={`Change the role of ${member.user.name}`}
      verb="Change role"
      operation={() => updateMemberRole(member.id, role)}
      onDismiss={onDismiss}
      onDone={() => {
        announce(`${member.user.name} is now ${role}.`);
        onDone();
      }}
    >
      <RoleField role={role} own={own} onChange={setRole} />
    </ActionDialog>
  );
}

function RemoveDialog({ member, onDismiss, onDone }: MemberDialogProps) {
  const announce = useAnnounce();
  return (
    <ActionDialog
      title={`Remove ${member.user.name}?`}
      verb="Remove"
      kind="danger"
      operation={() => removeMember(member.id)}
      onDismiss={onDismiss}
      onDone={() => {
        announce(`${member.user.name} is removed.`);
        onDone();
      }}
    >
      <p>
        {member.user.email} loses access to this organization at once. The keys that they created keep
        working: rotate those that they have seen. You can invite them again.
      </p>
    </ActionDialog>
  );
}
