import { withQuery } from "../../state/navigation.ts";
import { usePlace } from "../../state/page-state.ts";
import { Link } from "../link.tsx";
import { FIRST_PAGE, type ShownPage } from "./list-query.ts";

/** Links to the first, the previous and the next page of a list. */
export function Pager({
  page: { shown, hasPrevious, hasNext },
}: {
  page: ShownPage<{ readonly id: string }>;
}) {
  const place = usePlace();
  const isFirst = !place.query.has("before") && !place.query.has("after");
  const [first, last] = [shown[0]?.id, shown.at(-1)?.id];
  if (isFirst && !hasNext) {
    return null;
  }
  const to = (page: { before?: string | undefined; after?: string | undefined }) =>
    withQuery(place, { ...FIRST_PAGE, ...page });
  return (
    <nav class="pager" aria-label="Pages">
      {isFirst ? null : <Link to={to({})}>First</Link>}
      {hasPrevious && first !== undefined ? <Link to={to({ after: first })}>Previous</Link> : null}
      {hasNext && last !== undefined ? <Link to={to({ before: last })}>Next</Link> : null}
    </nav>
  );
}
