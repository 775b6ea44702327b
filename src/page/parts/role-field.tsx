import type { Role } from "../server/viewer.ts";

const ROLES: readonly { readonly role: Role; readonly says: string }[] = [
  { role: "member", says: "sees everything, changes nothing" },
  { role: "admin", says: "manages keys, executors and members" },
  { role: "owner", says: "an admin who also decides on owners" },
];

interface RoleFieldProps {
  readonly role: Role;
  /** The role of who chooses: only an owner makes owners. */
  readonly own: Role;
  readonly onChange: (role: Role) => void;
}

export function RoleField({ role, own, onChange }: RoleFieldProps) {
  const offered = ROLES.filter((each) => own === "owner" || each.role !== "owner" || role === "owner");
  return (
    <fieldset>
      <legend>Role</legend>
      {offered.map((each) => (
        <label key={each.role} class="choice">
          <input type="radio" name="role" checked={role === each.role} onChange={() => onChange(each.role)} />
          <span>
            {each.role}
            <small>{each.says}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
