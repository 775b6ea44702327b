import { useEffect, useState } from "preact/hooks";
import { announcement } from "../state/announcement.ts";
import { useStore } from "../state/store.ts";

const SHOWN_MS = 6000;

/** What has just happened, for eyes and for screen readers. */
export function LiveRegion() {
  const { text, at } = useStore(announcement);
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
