import * as z from "zod";
import type { Channel } from "./channels.ts";
import { MAX_PID, SERVICE_NAME } from "./instance-place.ts";
import { type NodesReport, nodesReply } from "./nodes/node-exchange.ts";

/**
 * The requests and replies of `syncExecutor` and `currentKey`, as in schema.graphql. Types are
 * decoded strictly; extra fields of a reply are ignored, so that a newer control plane can add
 * some.
 */

/** Milliseconds since the Unix epoch. */
const timestamp = z.number().int();
const text = z.string().max(4096);

const authenticatedKey = z.object({
  id: text,
  name: text,
  expiresAt: timestamp.nullish().transform((value) => value ?? null),
  revokesAt: timestamp.nullish().transform((value) => value ?? null),
});

const organization = z.object({ id: text, name: text, slug: text });

/** Where a process of an executor runs. */
export const executorProcess = z.object({
  /** Equal for all processes of one boot of a host: a hash, so that the boot's id stays there. */
  bootHash: text,
  pid: z.number().int().min(1).max(MAX_PID),
  /** The systemd service that it runs in; null: none. */
  unit: text
    .regex(SERVICE_NAME)
    .nullish()
    .transform((value) => value ?? null),
});

export const currentKeyReply = z.object({ key: authenticatedKey, organization });

export const syncReply = z.object({
  executor: z.object({ id: text, name: text }),
  key: authenticatedKey,
  organization,
  heartbeatTimeoutMs: z.number().int().positive(),
  syncIntervalMs: z
    .number()
    .int()
    .positive()
    .nullish()
    .transform((value) => value ?? null),
  restartSpreadMs: z
    .number()
    .int()
    .nonnegative()
    .nullish()
    .transform((value) => value ?? null),
  compatibility: z.object({
    verdict: z.enum(["supported", "deprecated", "out_of_support"]),
    recommendedVersion: text.nullish().transform((value) => value ?? null),
  }),
  duplicates: z
    .array(
      z.object({
        instanceId: text,
        hostName: text,
        address: text.nullish().transform((value) => value ?? null),
        lastSyncAt: timestamp,
        /** Null if that process or the control plane is older. */
        process: executorProcess.nullish().transform((value) => value ?? null),
      }),
    )
    .max(100),
  pendingUpgrade: z
    .object({ targetVersion: text, url: text, sha256: text, signature: text, expiresAt: timestamp })
    .nullish()
    .transform((value) => value ?? null),
  /** Null if the request had no `nodes`, or if the control plane knows nothing of nodes. */
  nodes: nodesReply.nullish().transform((value) => value ?? null),
});

/** True if an instance was known that does not sync any more. */
export const signOffReply = z.boolean();

export type ExecutorProcess = z.infer<typeof executorProcess>;
export type AuthenticatedKey = z.infer<typeof authenticatedKey>;

/**
 * When a key stops working, epoch ms: the earlier of its expiry and its revocation; undefined:
 * never.
 */
export function endOfKey({ expiresAt, revokesAt }: AuthenticatedKey): number | undefined {
  const ends = [expiresAt, revokesAt].filter((at) => at !== null);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
export type CurrentKeyReply = z.infer<typeof currentKeyReply>;
export type SyncReply = z.infer<typeof syncReply>;

/** The input of `signOffExecutor`: this process will not sync again. */
export interface SignOffRequest {
  readonly executorName: string;
  readonly instanceId: string;
}

/** The input of `syncExecutor`. Every sync sends all of it. */
export interface SyncRequest {
  readonly name: string;
  readonly kind: "agent" | "operator";
  readonly version: string;
  readonly channel: Channel;
  readonly instanceId: string;
  readonly hostName: string;
  readonly publicHost?: string;
  readonly expectedOrganizationId?: string;
  readonly capabilities: {
    readonly supportedChains: readonly { readonly chain: string; readonly networks: readonly string[] }[];
    readonly features: readonly string[];
    readonly storageClasses: readonly string[];
  };
  readonly resources: {
    readonly cpuCount: number;
    readonly memoryTotalBytes: number;
    readonly memoryFreeBytes: number;
    readonly diskTotalBytes?: number;
    readonly diskFreeBytes?: number;
  };
  /** Left out until something is known, and for a control plane that knows nothing of nodes. */
  readonly nodes?: NodesReport;
  /** Left out for a control plane that knows nothing of nodes. */
  readonly process?: ExecutorProcess;
}
