import { useEffect, useState } from "preact/hooks";
import { withQuery } from "../../state/navigation.ts";
import { usePageState, usePlace } from "../../state/page-state.ts";

const SETTLE_MS = 250;

/** Searches the page's list at the control plane. The URL keeps the text. */
export function SearchBox({ label }: { label: string }) {
  const { navigation } = usePageState();
  const place = usePlace();
  const [text, setText] = useState(place.query.get("search") ?? "");
  useEffect(() => {
    if (text.trim() === (place.query.get("search") ?? "")) {
      return;
    }
    const timer = window.setTimeout(
      () => navigation.replace(withQuery(place, { search: text.trim(), before: undefined })),
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
