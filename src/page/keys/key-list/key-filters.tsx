import { API_KEY_STATUSES } from "../../../protocol/statuses.ts";
import type { KeyFilter } from "../../api/lists/key-list.ts";
import { ChoiceFilter, FilterBar, type Option, SortFilter, TextFilter } from "../../ui/list/filters.tsx";
import type { ListOrder, ListSort } from "../../ui/list/list-query.ts";
import { DAY_MS } from "../../ui/time.tsx";

export const KEY_SORTS = [
  { field: "created", label: "Created", first: "descending" },
  { field: "name", label: "Name", first: "ascending" },
  { field: "expires", label: "Expires", first: "ascending" },
] as const satisfies readonly ListSort[];

/** The names of the filters in the URL. */
export const KEY_FILTERS = ["status", "expires", "used", "target"] as const;

const STATUSES: readonly Option[] = [
  ["active", "Active"],
  ["expired", "Expired"],
  ["revoked", "Revoked"],
];
const CONCERNS: readonly Option[] = [
  ["refused", "Refused now"],
  ["expiring", "Expires within 14 days"],
  ["unused", "Not used for 90 days"],
  ["old", "Older than 90 days"],
];
const DAYS = [7, 30, 90, 365] as const;
const EXPIRES: readonly Option[] = DAYS.map((days) => [`${days}d`, `within ${days} d`]);
const USED: readonly Option[] = DAYS.map((days) => [`not-${days}d`, `not for ${days} d`]);
/** Times are rounded, so that the same question can have the same answer. */
const ROUND_MS = 60_000;

export function KeyFilters({ order }: { order: ListOrder }) {
  return (
    <FilterBar names={KEY_FILTERS}>
      <ChoiceFilter
        label="Status"
        name="status"
        options={STATUSES}
        groups={[["Needs attention", CONCERNS]]}
      />
      <ChoiceFilter label="Expires" name="expires" options={EXPIRES} />
      <ChoiceFilter label="Last used" name="used" options={USED} />
      <TextFilter label="Made for" name="target" />
      <SortFilter sorts={KEY_SORTS} order={order} />
    </FilterBar>
  );
}

/** What the URL asks for. A value that nobody offers does not filter. */
export function keyFilter(query: URLSearchParams, now: number): KeyFilter {
  const status = query.get("status");
  const rounded = now - (now % ROUND_MS);
  const within = DAYS.find((days) => query.get("expires") === `${days}d`);
  const idle = DAYS.find((days) => query.get("used") === `not-${days}d`);
  return {
    status: API_KEY_STATUSES.find((each) => each === status && each !== "damaged") ?? null,
    concern: CONCERNS.some(([value]) => value === status) ? status : null,
    target: query.get("target"),
    expiresBefore: within === undefined ? null : rounded + within * DAY_MS,
    usedBefore: idle === undefined ? null : rounded - idle * DAY_MS,
  };
}
