import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { withQuery } from "../../state/navigation.ts";
import { usePageState, usePlace } from "../../state/page-state.ts";
import { useFilterText } from "./filter-text.ts";
import { FIRST_PAGE, type ListOrder, type ListSort, sortText } from "./list-query.ts";

/** A value in the URL, and the words that a person chooses it by. */
export type Option = readonly [value: string, label: string];

interface FilterBarProps {
  /** The names of the filters in the URL. */
  readonly names: readonly string[];
  readonly children: ComponentChildren;
}

/** The filters of a list. On a phone they open with a button. */
export function FilterBar({ names, children }: FilterBarProps) {
  const { navigation } = usePageState();
  const place = usePlace();
  const [isOpen, setOpen] = useState(false);
  const count = names.filter((name) => place.query.has(name)).length;
  const nothing = Object.fromEntries(names.map((name) => [name, undefined]));
  return (
    <>
      <button type="button" class="filter-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Filters{count === 0 ? "" : `, ${count} set`}
      </button>
      <form
        class={isOpen ? "filters open" : "filters"}
        aria-label="Filter"
        onSubmit={(event) => event.preventDefault()}
      >
        {children}
        {count === 0 ? null : (
          <button
            type="button"
            class="quiet"
            onClick={() => navigation.go(withQuery(place, { ...FIRST_PAGE, ...nothing }))}
          >
            Clear
          </button>
        )}
      </form>
    </>
  );
}

/** What a field needs that shows the filter in the URL, and changes it. */
function useField(name: string) {
  const { navigation } = usePageState();
  const place = usePlace();
  const value = place.query.get(name) ?? "";
  return {
    class: value === "" ? undefined : "set",
    value,
    onChange: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) =>
      navigation.go(withQuery(place, { ...FIRST_PAGE, [name]: currentTarget.value })),
  };
}

interface ChoiceFilterProps {
  readonly label: string;
  readonly name: string;
  readonly options?: readonly Option[];
  /** Options under a heading of their own. */
  readonly groups?: readonly (readonly [heading: string, options: readonly Option[]])[];
}

/** One value of several. A value in the URL that is not among them is ignored. */
export function ChoiceFilter({ label, name, options = [], groups = [] }: ChoiceFilterProps) {
  const field = useField(name);
  return (
    <label class="field">
      {label}
      <select {...field}>
        <option value="">Any</option>
        <Options options={options} />
        {groups.map(([heading, grouped]) => (
          <optgroup key={heading} label={heading}>
            <Options options={grouped} />
          </optgroup>
        ))}
      </select>
    </label>
  );
}

function Options({ options }: { options: readonly Option[] }) {
  return (
    <>
      {options.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </>
  );
}

export function TextFilter({ label, name }: { label: string; name: string }) {
  const { text, onInput } = useFilterText(name);
  return (
    <label class="field">
      {label}
      <input
        type="search"
        class={text === "" ? undefined : "set"}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={onInput}
      />
    </label>
  );
}

export function DayFilter({ label, name }: { label: string; name: string }) {
  const field = useField(name);
  return (
    <label class="field">
      {label}
      <input type="date" {...field} />
    </label>
  );
}

/** Orders a list on a phone, which shows no heads of columns. */
export function SortFilter({ sorts, order }: { sorts: readonly ListSort[]; order: ListOrder }) {
  const { navigation } = usePageState();
  const place = usePlace();
  return (
    <label class="field sort-field">
      Order
      <select
        value={sortText(order)}
        onChange={({ currentTarget }) =>
          navigation.go(withQuery(place, { ...FIRST_PAGE, sort: currentTarget.value }))
        }
      >
        {sorts.flatMap(({ field, label }) =>
          (["ascending", "descending"] as const).map((each) => (
            <option key={`${field} ${each}`} value={sortText({ field, order: each })}>
              {label}, {each}
            </option>
          )),
        )}
      </select>
    </label>
  );
}
