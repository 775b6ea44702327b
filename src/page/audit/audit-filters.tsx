import { useState } from "preact/hooks";
import { AUDIT_ACTIONS } from "../../protocol/audit-actions.ts";
import { type Place, withQuery } from "../state/navigation.ts";
import { usePageState, usePlace } from "../state/page-state.ts";

/** Filters the list. The URL contains the filter, so that a filtered list can be shared. */
export function AuditFilters() {
  const { navigation } = usePageState();
  const place = usePlace();
  const [actor, setActor] = useState(place.query.get("actor") ?? "");
  const [target, setTarget] = useState(place.query.get("target") ?? "");
  const set = (changes: Readonly<Record<string, string>>) =>
    navigation.go(withQuery(place, { ...changes, before: undefined }));
  const submit = (event: Event) => {
    event.preventDefault();
    set({ actor: actor.trim(), target: target.trim() });
  };
  const clear = () => {
    setActor("");
    setTarget("");
    navigation.go(place.path);
  };
  return (
    <form class="filters" aria-label="Filter" onSubmit={submit}>
      <ActionFilter place={place} set={set} />
      <TextFilter label="Who" value={actor} onChange={setActor} />
      <TextFilter label="What (name or ID)" value={target} onChange={setTarget} />
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
        {AUDIT_ACTIONS.map((action) => (
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
