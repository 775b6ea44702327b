const WORDS = {
  active: "Active",
  expired: "Expired",
  revoked: "Revoked",
  online: "Online",
  offline: "Offline",
  /** Somebody stopped it: nothing is wrong. */
  stopped: "Offline",
  /** Its key has ended: it is refused from its next sync on. */
  "going-offline": "Going offline",
  damaged: "Damaged",
} as const;

/** A status as a word with a mark. Each mark has its own shape, not only its own colour. */
export function Badge({ status }: { status: keyof typeof WORDS }) {
  return <span class={`badge badge-${status}`}>{WORDS[status]}</span>;
}

/** Names the columns of a database row that cannot be read; nothing if there are none. */
export function DamagedColumns({ columns }: { columns: readonly string[] }) {
  if (columns.length === 0) {
    return null;
  }
  return <span class="under warning">its row in the database is damaged: {columns.join(", ")}</span>;
}
