import { Notice } from "./notice.tsx";

const ROWS = [0, 1, 2, 3, 4, 5];

/** Stands where a list or page will be until it has been loaded, or says why it cannot be. */
export function Pending({ failure }: { failure: string | undefined }) {
  if (failure !== undefined) {
    return <Notice kind="error">{failure}</Notice>;
  }
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">Loading…</span>
      {ROWS.map((row) => (
        <span key={row} aria-hidden="true" />
      ))}
    </div>
  );
}
