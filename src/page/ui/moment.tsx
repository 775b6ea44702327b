import { useNow } from "../state/now.ts";
import { exactly, relatively } from "../state/when.ts";

/** When something happened, relative; exact on hover and for machines. */
export function Moment({ at, tense = "past" }: { at: number; tense?: "past" | "future" }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at)}>
      {relatively(at, now, tense)}
    </time>
  );
}
