import { useEffect, useState } from "preact/hooks";
import { usePageState } from "../state/page-state.ts";
import { useStore } from "../state/store.ts";

const SHOWN_MS = 6000;

/** Shows the last announcement for some seconds, and gives it to screen readers. */
export function LiveRegion() {
  const { text, at } = useStore(usePageState().announcement);
  const [shown, setShown] = useState("");
  useEffect(() => {
    setShown(text);
    const timer = window.setTimeout(() => setShown(""), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [text, at]);
  return (
    <div class="live" role="status" aria-live="polite">
      {shown === "" ? null : <p>{shown}</p>}
    </div>
  );
}
