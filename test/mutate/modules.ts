/** What is mutated together, and the unit tests that have to notice it. */
export interface MutatedModule {
  readonly name: string;
  /** From the root of the checkout. */
  readonly sources: readonly string[];
  /** Beginnings of paths. */
  readonly tests: readonly string[];
  /** Its string literals count, too. */
  readonly strings?: boolean;
}

const EXECUTORS = "src/control-plane/executors";

/** The modules whose faults cost most. */
export const MODULES: readonly MutatedModule[] = [
  {
    name: "rotation",
    sources: ["rotation", "generation-state", "generation"].map(
      (name) => `src/agent/daemon/rotation/${name}.ts`,
    ),
    tests: [
      "test/agent/daemon/rotation/",
      "test/agent/daemon/narration/narration",
      "test/agent/daemon/restart",
    ],
  },
  {
    name: "cadence",
    sources: ["src/agent/sync/cadence.ts", "src/agent/sync/sync-state.ts"],
    tests: [
      "test/agent/sync/cadence",
      "test/agent/daemon/rotation/",
      "test/agent/daemon/narration/narration",
    ],
  },
  {
    name: "agent-loop",
    sources: ["agent", "sync-loop", "exchanges", "mailbox", "watchdog"].map(
      (name) => `src/agent/daemon/${name}.ts`,
    ),
    tests: ["agent", "exchanges", "lasting", "mailbox"].map((name) => `test/agent/daemon/${name}`),
  },
  {
    name: "watch",
    sources: ["watch-config", "file-hints"].map((name) => `src/agent/daemon/watch/${name}.ts`),
    tests: ["test/agent/daemon/watch/"],
  },
  {
    name: "answer",
    sources: [
      "answer",
      "answer-body",
      "decode-reply",
      "error-verdict",
      "foreign-answer",
      "own-refusal",
      "retry-after",
      "server-clock",
    ].map((name) => `src/agent/sync/answer/${name}.ts`),
    tests: ["test/agent/sync/answer/"],
  },
  {
    name: "key-diagnosis",
    sources: ["diagnose-key", "key-wrapping", "not-a-key", "odd-character", "edge-space", "repeated-key"].map(
      (name) => `src/agent/key/${name}.ts`,
    ),
    tests: ["test/agent/key/"],
  },
  {
    name: "nodes-planner",
    sources: ["plan", "planned-node", "node-list"].map((name) => `src/agent/reconciler/decide/${name}.ts`),
    tests: ["test/agent/reconciler/decide/"],
  },
  {
    name: "admission",
    sources: [`${EXECUTORS}/admission.ts`],
    tests: ["test/control-plane/executors/admission", "test/control-plane/executors/lineages"],
  },
  {
    name: "authenticate",
    sources: ["src/control-plane/keys/authenticate.ts", "src/control-plane/keys/presented-key.ts"],
    tests: ["test/control-plane/keys/authenticate"],
  },
  {
    name: "access",
    sources: ["src/control-plane/rights/access.ts"],
    tests: ["test/control-plane/rights/access-rules"],
  },
  {
    name: "executor-sync",
    sources: [`${EXECUTORS}/executor-sync.ts`, `${EXECUTORS}/enrolment.ts`],
    tests: ["test/control-plane/executors/executor-sync", "test/control-plane/executors/executors"],
  },
  {
    name: "presence",
    sources: [`${EXECUTORS}/presence/presence.ts`, `${EXECUTORS}/presence/duplicates.ts`],
    tests: ["test/control-plane/executors/presence-rules", "test/control-plane/executors/duplicates"],
  },
  {
    name: "shared-presence",
    sources: [`${EXECUTORS}/presence/shared-presence-log.ts`],
    tests: ["test/control-plane/executors/shared-presence-log"],
  },
  {
    name: "write-behind",
    sources: [`${EXECUTORS}/activity-writer.ts`],
    tests: ["test/control-plane/executors/activity-writer"],
  },
  {
    name: "store-queue",
    sources: ["src/control-plane/store/sqlite/transactions.ts"],
    tests: ["test/control-plane/store/transactions"],
  },
  {
    name: "sign-in-limit",
    sources: [
      "src/control-plane/people/sign-in/sign-in-limit.ts",
      "src/control-plane/people/sign-in/memory-failures.ts",
    ],
    tests: [
      "test/control-plane/store/contract/sign-in-limit",
      "test/control-plane/people/sign-in/memory-failures",
    ],
  },
  {
    name: "auth-schemas",
    sources: ["src/control-plane/people/sign-in/auth-inputs.ts"],
    tests: ["test/control-plane/people/sign-in/auth-inputs"],
  },
  {
    name: "scrubs",
    sources: ["src/lib/log/secret-guard.ts", "src/lib/printable.ts"],
    tests: ["test/lib/log/", "test/lib/printable"],
    strings: true,
  },
];
