import { useState } from "preact/hooks";
import { navigate, usePlace, withQuery } from "../route.ts";

/** What the control plane writes down; one that is missing here is found by its target or actor. */
const ACTIONS = [
  "api_key.created",
  "api_key.updated",
  "api_key.revoked",
  "api_key.deleted",
  "member.invited",
  "member.invitation_canceled",
  "member.joined",
  "member.role_changed",
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
  const value = (name: string) => place.query.get(name) ?? "";
  return (
    <form class="filters" aria-label="Filter" onSubmit={submit}>
      <label class="field">
        Action
        <select value={value("action")} onChange={(event) => set({ action: event.currentTarget.value })}>
          <option value="">Any</option>
          {ACTIONS.map((action) => (
            <option key={action} value={action}>
              {action}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Who
        <input type="search" value={actor} onInput={(event) => setActor(event.currentTarget.value)} />
      </label>
      <label class="field">
        What (name or id)
        <input type="search" value={target} onInput={(event) => setTarget(event.currentTarget.value)} />
      </label>
      <label class="field">
        From
        <input
          type="date"
          value={value("from")}
          onChange={(event) => set({ from: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        To
        <input type="date" value={value("to")} onChange={(event) => set({ to: event.currentTarget.value })} />
      </label>
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
