/** A table that moves. Its columns and their types are those of the target. */
export interface MovedTable {
  readonly name: string;
  /** The columns that tell its rows apart, by which they are ordered. */
  readonly key: readonly string[];
  /** The target numbers its rows as they are written. */
  readonly isInOrderOfCreation?: boolean;
  /** The table of SQLite, if it is another one, and what it has instead of a column. */
  readonly source?: { readonly table: string; readonly columns: Readonly<Record<string, string>> };
}

/**
 * What SQLite keeps in the row of an executor. Without a key: the history has its last use, which
 * PostgreSQL's store reads from the heartbeat only if that has a key.
 */
const HEARTBEAT = {
  executorId: "id",
  keyId: "null",
  address: "null",
  // Each process says it with its next sync.
  instanceId: "null",
  process: "null",
  former: "null",
};

/** All tables that move. A row refers only to rows of tables above its own. */
export const MOVED_TABLES: readonly MovedTable[] = [
  { name: "user", key: ["id"] },
  { name: "session", key: ["id"] },
  { name: "account", key: ["id"] },
  { name: "verification", key: ["id"] },
  { name: "organization", key: ["id"] },
  { name: "member", key: ["id"] },
  { name: "invitation", key: ["id"] },
  { name: "apikey", key: ["id"], isInOrderOfCreation: true },
  { name: "executor", key: ["id"], isInOrderOfCreation: true },
  { name: "heartbeat", key: ["executorId"], source: { table: "executor", columns: HEARTBEAT } },
  { name: "executorKeyUsage", key: ["executorId", "keyId"] },
  { name: "executorKey", key: ["keyId"] },
  { name: "keyRefusal", key: ["keyId"] },
  { name: "executorTransition", key: ["executorId", "at", "kind"] },
  { name: "signInDevice", key: ["hash"] },
  { name: "auditEvent", key: ["sequence"] },
  { name: "auditActor", key: ["organizationId", "actor"] },
  { name: "executorNodes", key: ["executorId"] },
  { name: "nodeCapabilities", key: ["hash"] },
  { name: "node", key: ["id"], isInOrderOfCreation: true },
  { name: "nodeRevision", key: ["nodeId", "revision"] },
  { name: "nodeObservation", key: ["nodeId"] },
];

/**
 * Tables that begin empty, or are made by the migrations. `keyUse` has only uses that are newer
 * than those in `apikey`. SQLite has no failures of sign-ins.
 */
export const NEW_TABLES: readonly string[] = [
  "keyUse",
  "signInFailure",
  "revision",
  "change",
  "schemaVersion",
];
