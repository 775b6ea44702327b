import { useEffect, useState } from "preact/hooks";
import { replacePlace, usePlace, withQuery } from "../../state/navigation.ts";

const SETTLE_MS = 250;

/** Filters the list of the page by the server's search; the URL carries what was typed. */
export function SearchBox({ label }: { label: string }) {
  const place = usePlace();
  const [text, setText] = useState(place.query.get("search") ?? "");
  useEffect(() => {
    if (text.trim() === (place.query.get("search") ?? "")) {
      return;
    }
    const timer = window.setTimeout(
      () => replacePlace(withQuery(place, { search: text.trim(), before: undefined })),
      SETTLE_MS,
    );
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      class="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}
