import { inspect } from "node:util";
import { ExecutorKey } from "../../../src/agent/key/executor-key.ts";
import {
  createSyncClient,
  type SyncClient,
  type SyncClientOptions,
} from "../../../src/agent/sync/sync-client.ts";
import type { SyncRequest } from "../../../src/protocol/sync.ts";
import { makeKey } from "../keys.ts";

export const SYNC_REQUEST: SyncRequest = {
  name: "agent-1",
  kind: "agent",
  version: "0.1.0",
  channel: "stable",
  instanceId: "instance-1",
  hostName: "host-1",
  capabilities: { supportedChains: [], features: ["sync"], storageClasses: [] },
  resources: { cpuCount: 2, memoryTotalBytes: 1, memoryFreeBytes: 1 },
};

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

export function testClient(
  url: string,
  options: Partial<SyncClientOptions> & { readonly secret?: string } = {},
): SyncClient & AsyncDisposable {
  const { secret, ...given } = options;
  const client = createSyncClient({
    url,
    key: new ExecutorKey(secret ?? makeKey()),
    caPem: undefined,
    proxy: undefined,
    environment: {},
    userAgent: "novacula-agent/test",
    deadlineMs: 60_000,
    ...given,
  });
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}

/** Everything that printing a value can show, including hidden properties and causes. */
export function everythingIn(value: unknown): string {
  return `${inspect(value, { depth: 20, showHidden: true, maxStringLength: null })}${JSON.stringify(value)}`;
}
