import { withQuery } from "../../state/navigation.ts";
import { usePlace } from "../../state/page-state.ts";
import { Link } from "../link.tsx";

export const PAGE_SIZE = 50;

/** Splits off the one entry more that was asked for: it tells whether there is an older page. */
export function pageOf<Item>(items: readonly Item[]): {
  readonly shown: readonly Item[];
  readonly hasOlder: boolean;
} {
  return { shown: items.slice(0, PAGE_SIZE), hasOlder: items.length > PAGE_SIZE };
}

/** Links to the older entries of a list, and back to the newest. */
export function Pager({ lastId, hasOlder }: { lastId: string | undefined; hasOlder: boolean }) {
  const place = usePlace();
  const isFirst = !place.query.has("before");
  if (isFirst && !hasOlder) {
    return null;
  }
  return (
    <nav class="pager" aria-label="Pages">
      {isFirst ? null : <Link to={withQuery(place, { before: undefined })}>Newest</Link>}
      {hasOlder && lastId !== undefined ? <Link to={withQuery(place, { before: lastId })}>Older</Link> : null}
    </nav>
  );
}
