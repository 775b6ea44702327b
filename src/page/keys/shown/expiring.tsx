import { DAY_MS, Moment } from "../../ui/time.tsx";

/** As the overview counts them. */
const SOON_MS = 14 * DAY_MS;
const URGENT_MS = 3 * DAY_MS;

/** `expires in 2 d`, amber or red if that is soon. */
export function Expiring({ at, now }: { at: number; now: number }) {
  const left = at - now;
  return (
    <span class={left > SOON_MS ? undefined : `expiry ${left > URGENT_MS ? "soon" : "urgent"}`}>
      expires <Moment at={at} tense="future" />
    </span>
  );
}
