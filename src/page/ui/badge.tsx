const WORDS = {
  active: "Active",
  expired: "Expired",
  revoked: "Revoked",
  online: "Online",
  offline: "Offline",
  damaged: "Damaged",
} as const;

/** A status: its word, and a mark whose shape differs too, so that colour is never all there is. */
export function Badge({ status }: { status: keyof typeof WORDS }) {
  return <span class={`badge badge-${status}`}>{WORDS[status]}</span>;
}
