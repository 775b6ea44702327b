import { mayGive, type Role } from "../../protocol/roles.ts";

const CHOICES: readonly { readonly role: Role; readonly says: string }[] = [
  { role: "member", says: "sees everything, changes nothing" },
  { role: "admin", says: "manages keys, executors and members" },
  { role: "owner", says: "does what an admin does, and appoints and removes owners" },
];

interface RoleFieldProps {
  readonly role: Role;
  /** The role of the person who chooses. */
  readonly own: Role;
  readonly onChange: (role: Role) => void;
}

export function RoleField({ role, own, onChange }: RoleFieldProps) {
  const offered = CHOICES.filter((each) => mayGive(own, each.role) || each.role === role);
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
