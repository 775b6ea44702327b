import { AUDIT_ACTIONS } from "../../protocol/audit-actions.ts";
import { ChoiceFilter, DayFilter, FilterBar, type Option, TextFilter } from "../ui/list/filters.tsx";
import { ACTION_WORDS } from "./audit-words.ts";

/** The names of the filters in the URL. */
export const AUDIT_FILTERS = ["action", "actor", "target", "from", "to"] as const;

const ACTIONS: readonly Option[] = AUDIT_ACTIONS.map((action) => [action, ACTION_WORDS[action]]);

/** Filters the list. The URL contains the filter, so that a filtered list can be shared. */
export function AuditFilters() {
  return (
    <FilterBar names={AUDIT_FILTERS}>
      <ChoiceFilter label="Action" name="action" options={ACTIONS} />
      <TextFilter label="Who" name="actor" />
      <TextFilter label="What (name or ID)" name="target" />
      <DayFilter label="From" name="from" />
      <DayFilter label="To" name="to" />
    </FilterBar>
  );
}
