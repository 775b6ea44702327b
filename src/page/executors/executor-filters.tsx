import { OFFLINE_CAUSES, type OfflineCause } from "../../protocol/statuses.ts";
import { askExecutorVersions, type ExecutorFilter } from "../api/lists/executor-list.ts";
import { usePlace } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import { ChoiceFilter, FilterBar, type Option, SortFilter } from "../ui/list/filters.tsx";
import type { ListOrder, ListSort } from "../ui/list/list-query.ts";
import { DAY_MS } from "../ui/time.tsx";
import { CAUSES } from "./offline-words.tsx";

export const EXECUTOR_SORTS = [
  { field: "created", label: "First connected", first: "descending" },
  { field: "name", label: "Name", first: "ascending" },
  { field: "seen", label: "Last sync", first: "descending" },
] as const satisfies readonly ListSort[];

/** The names of the filters in the URL. */
export const EXECUTOR_FILTERS = ["status", "version", "kind", "seen", "key"] as const;

const STATUSES: readonly Option[] = [
  ["online", "Online"],
  ["offline", "Offline"],
];
const OFFLINE: readonly Option[] = OFFLINE_CAUSES.map((cause) => [cause, capital(CAUSES[cause])]);
const CONCERNS: readonly Option[] = [
  ["knocking", "Refused now"],
  ["duplicate", "Several processes"],
];
const KINDS: readonly Option[] = [
  ["agent", "agent"],
  ["operator", "operator"],
];

const HOUR_MS = 3_600_000;
/** Times are rounded, so that the same question can have the same answer. */
const ROUND_MS = 60_000;
const AGES: readonly (readonly [value: string, label: string, ms: number])[] = [
  ["1h", "1 h", HOUR_MS],
  ["1d", "1 d", DAY_MS],
  ["7d", "7 d", 7 * DAY_MS],
  ["30d", "30 d", 30 * DAY_MS],
];
const SEEN: readonly Option[] = [
  ...AGES.map(([value, words]): Option => [value, `within ${words}`]),
  ...AGES.map(([value, words]): Option => [`not-${value}`, `not for ${words}`]),
];

export function ExecutorFilters({ order }: { order: ListOrder }) {
  return (
    <FilterBar names={EXECUTOR_FILTERS}>
      <ChoiceFilter
        label="Status"
        name="status"
        options={STATUSES}
        groups={[
          ["Offline because", OFFLINE],
          ["Needs attention", CONCERNS],
        ]}
      />
      <VersionFilter />
      <ChoiceFilter label="Kind" name="kind" options={KINDS} />
      <ChoiceFilter label="Last sync" name="seen" options={SEEN} />
      <SortFilter sorts={EXECUTOR_SORTS} order={order} />
    </FilterBar>
  );
}

const VERSIONS_INTERVAL_MS = 30_000;
/** `1.10.0` is newer than `1.9.0`. */
const BY_NUMBER = new Intl.Collator("en", { numeric: true });

/** The versions that exist, the newest first, each with how many executors run it. */
function VersionFilter() {
  const asked = usePlace().query.get("version");
  const { data = [] } = usePolled("versions", VERSIONS_INTERVAL_MS, askExecutorVersions());
  const known = data.toSorted((one, other) => BY_NUMBER.compare(other.version, one.version));
  const options = known.map(
    ({ version, count }): Option => [version, `${version} (${count.toLocaleString("en")})`],
  );
  const isKnown = asked === null || known.some(({ version }) => version === asked);
  return (
    <ChoiceFilter label="Version" name="version" options={isKnown ? options : [[asked, asked], ...options]} />
  );
}

/** What the URL asks for. A value that nobody offers does not filter. */
export function executorFilter(query: URLSearchParams, now: number): ExecutorFilter {
  const kind = query.get("kind");
  return {
    ...statusFilter(query.get("status")),
    ...seenFilter(query.get("seen"), now),
    version: query.get("version"),
    kind: KINDS.some(([value]) => value === kind) ? kind : null,
    key: query.get("key"),
  };
}

function statusFilter(status: string | null): ExecutorFilter {
  const cause: OfflineCause | undefined = OFFLINE_CAUSES.find((each) => each === status);
  if (cause !== undefined) {
    return { status: "offline", cause };
  }
  if (status === "knocking" || status === "duplicate") {
    return { concern: status === "knocking" ? "refused" : "duplicate" };
  }
  return status === "online" || status === "offline" ? { status } : {};
}

function seenFilter(seen: string | null, now: number): ExecutorFilter {
  const [, , ms] = AGES.find(([value]) => value === seen?.replace(/^not-/, "")) ?? [];
  if (ms === undefined) {
    return {};
  }
  const at = now - (now % ROUND_MS) - ms;
  return seen?.startsWith("not-") === true ? { seenBefore: at } : { seenAfter: at };
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
