import { useNow } from "../state/clock.ts";
import { exactly, relatively } from "./time.tsx";

/** When something happened, relative; exact on hover and for machines. */
export function Moment({ at, tense = "past" }: { at: number; tense?: "past" | "future" }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at)}>
      {relatively(at, now, tense)}
    </time>
  );
}
