import { useState } from "preact/hooks";
import { navigate, type Place, usePlace, withQuery } from "../state/navigation.ts";

/** What the control plane writes down; one that is missing here is found by its target or actor. */
const ACTIONS = [
  "api_key.created",
  "api_key.updated",
  "api_key.revoked",
  "api_key.deleted",
  "executor.deleted",
  "member.invited",
  "member.invitation_canceled",
  "member.joined",
  "member.role_changed",
  "member.role_repaired",
  "member.invitation_repaired",
  "member.removed",
  "person.password_reset",
] as const;

/** What the list is narrowed to. The URL carries it: a filtered list can be sent to somebody. */
export function AuditFilters() {
  const place = usePlace();
  const [actor, setActor] = useState(place.query.get("actor") ?? "");
  const [target, setTarget] = useState(place.query.get("target") ?? "");
  const set = (changes: Readonly<Record<string, string>>) =>
    navigate(withQuery(place, { ...changes, before: undefined }));
  const submit = (event: Event) => {
    event.preventDefault();
    set({ actor: actor.trim(), target: target.trim() });
  };
  const clear = () => {
    setActor("");
    setTarget("");
    navigate(place.path);
  };
  return (
    <form class="filters" aria-label="Filter" onSubmit={submit}>
      <ActionFilter place={place} set={set} />
      <TextFilter label="Who" value={actor} onChange={setActor} />
      <TextFilter label="What (name or id)" value={target} onChange={setTarget} />
      <DayFilter label="From" name="from" place={place} set={set} />
      <DayFilter label="To" name="to" place={place} set={set} />
      <div class="filter-buttons">
        <button type="submit">Filter</button>
        {place.query.size > 0 ? (
          <button type="button" class="quiet" onClick={clear}>
            Clear
          </button>
        ) : null}
      </div>
    </form>
  );
}

interface PlacedFilterProps {
  readonly place: Place;
  readonly set: (changes: Readonly<Record<string, string>>) => void;
}

function ActionFilter({ place, set }: PlacedFilterProps) {
  return (
    <label class="field">
      Action
      <select
        value={place.query.get("action") ?? ""}
        onChange={(event) => set({ action: event.currentTarget.value })}
      >
        <option value="">Any</option>
        {ACTIONS.map((action) => (
          <option key={action} value={action}>
            {action}
          </option>
        ))}
      </select>
    </label>
  );
}

interface TextFilterProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function TextFilter({ label, value, onChange }: TextFilterProps) {
  return (
    <label class="field">
      {label}
      <input type="search" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}

function DayFilter({ label, name, place, set }: PlacedFilterProps & { label: string; name: "from" | "to" }) {
  return (
    <label class="field">
      {label}
      <input
        type="date"
        value={place.query.get(name) ?? ""}
        onChange={(event) => set({ [name]: event.currentTarget.value })}
      />
    </label>
  );
}
