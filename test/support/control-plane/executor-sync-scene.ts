import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { createActivityWriter } from "../../../src/control-plane/executors/activity-writer.ts";
import type { ExecutorCaller } from "../../../src/control-plane/executors/executor-caller.ts";
import { ExecutorSync } from "../../../src/control-plane/executors/executor-sync.ts";
import { Presence } from "../../../src/control-plane/executors/presence/presence.ts";
import { ImmediatePresenceLog } from "../../../src/control-plane/executors/presence/presence-log.ts";
import type { SyncInput } from "../../../src/control-plane/graphql/request/inputs.ts";
import { DamageLog } from "../../../src/control-plane/log/damage-log.ts";
import { RefusalLog } from "../../../src/control-plane/log/refusal-log.ts";
import { NodeExchange } from "../../../src/control-plane/nodes/node-exchange.ts";
import { ReportedNodes } from "../../../src/control-plane/nodes/reported-nodes.ts";
import type { Transactions } from "../../../src/control-plane/store/contract/store.ts";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { tempDir } from "../temp-dir.ts";

/**
 * ExecutorSync on a real database, without HTTP, on the test's clock. `between` acts after the first
 * look of a sync and before its transaction, as another process or request would.
 */
export async function executorSyncScene({ maxExecutorsPerKey = 100 } = {}) {
  const path = join(tempDir(), "cp.db");
  const store = openSqliteStore(path);
  onTestFinished(() => store.close());
  const scene = { now: 1_000_000, between: async (): Promise<unknown> => undefined };
  const lines: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const now = () => scene.now;
  const racing: Transactions["transaction"] = async (work) => {
    await scene.between();
    return store.transaction(work);
  };
  const pace = { timeoutMs: 30_000, askedIntervalMs: null, factor: 1 };
  const activityWriter = createActivityWriter(store, logger);
  const executorSync = new ExecutorSync({
    store: { transaction: racing, executors: store.executors },
    lookups: store,
    activityWriter,
    presence: new Presence(pace, logger, now, new ImmediatePresenceLog(logger, () => undefined)),
    nodeExchange: new NodeExchange({
      store,
      lookups: store.nodes,
      reported: new ReportedNodes(),
      note: () => undefined,
      damages: new DamageLog(logger),
      logger,
      monotonicNow: now,
    }),
    refusals: new RefusalLog(logger, now),
    damages: new DamageLog(logger),
    pace,
    maxExecutorsPerKey,
    monotonicNow: now,
    version: "1.4.0",
    now,
  });
  await store.transaction(async ({ organizations }) => {
    await organizations.insert({ id: "o", name: "Acme", slug: "acme", createdAt: 0 });
    await organizations.insert({ id: "p", name: "Globex", slug: "globex", createdAt: 0 });
  });

  /** Inserts a key, and returns it as a caller who presents it. */
  const caller = async (
    id: string,
    more: { readonly organizationId?: string; readonly lineageId?: string; readonly expiresAt?: number } = {},
  ): Promise<ExecutorCaller> => {
    const key = { id, name: `name of ${id}`, hash: `hash of ${id}`, start: "exc_aa", createdAt: 0 };
    await store.transaction(({ keys }) =>
      keys.insert({ ...key, organizationId: "o", lineageId: id, expiresAt: null, target: null, ...more }),
    );
    const presented = await store.keys.byHash(key.hash);
    if (presented === undefined) {
      throw new Error("the key is there");
    }
    return { key: presented, address: "192.0.2.1" };
  };
  const sync = (who: ExecutorCaller, name = "agent-1", more: Partial<SyncInput> = {}) =>
    executorSync.sync(who, { ...INPUT, name, ...more });
  const executor = (name = "agent-1", organizationId = "o") => store.executors.byName(organizationId, name);
  const events = () => lines.map((line): string => JSON.parse(line).event);
  return { scene, store, path, lines, events, activityWriter, executorSync, caller, sync, executor };
}

/** What an executor says of itself. */
const INPUT: SyncInput = {
  name: "agent-1",
  kind: "agent",
  version: "1.4.0",
  channel: "stable",
  instanceId: "instance-1",
  hostName: "host-1",
  publicHost: null,
  expectedOrganizationId: undefined,
  capabilities: "{}",
  resources: "{}",
  process: null,
  nodes: undefined,
};
