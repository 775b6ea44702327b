import { withQuery } from "../../state/navigation.ts";
import { usePlace } from "../../state/page-state.ts";
import { Link } from "../link.tsx";
import { FIRST_PAGE } from "./list-query.ts";

/** How many entries the list has with its filters: `37 keys`. */
export function ListCount({ count, noun }: { count: number | undefined; noun: string }) {
  const words = count === undefined ? "" : `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
  return (
    <p class="list-count" role="status">
      {words}
    </p>
  );
}

/** For a filtered list that is empty, or a page of it whose entries are gone. */
export function NothingFound({ noun, filters }: { noun: string; filters: readonly string[] }) {
  const place = usePlace();
  const { query } = place;
  const isPage = query.has("before") || query.has("after");
  const search = query.get("search");
  const nothing = Object.fromEntries(["search", ...filters].map((name) => [name, undefined]));
  return (
    <div class="empty">
      <p>
        {isPage ? "Nothing is left on this page of the list." : null}
        {!isPage && search !== null ? `No ${noun} matches “${search}”${others(query, filters)}.` : null}
        {!isPage && search === null ? `No ${noun} matches the filters.` : null}
      </p>
      <p>
        {isPage ? <Link to={withQuery(place, FIRST_PAGE)}>Go to the first page</Link> : null}
        {isPage ? null : <Link to={withQuery(place, { ...FIRST_PAGE, ...nothing })}>Show all {noun}s</Link>}
      </p>
    </div>
  );
}

function others(query: URLSearchParams, filters: readonly string[]): string {
  return filters.some((name) => query.has(name)) ? " with these filters" : "";
}
