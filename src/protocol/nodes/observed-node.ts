import * as z from "zod";
import { MAX_INT, MAX_NODES, nodeName } from "./node-spec.ts";

/** What an executor observes of its nodes, with the names of schema.graphql. */

export const PROCESS_STATUSES = ["starting", "running", "syncing", "stopped", "error"] as const;
export type ProcessStatus = (typeof PROCESS_STATUSES)[number];

/** Why a process has the status `error`, or why an order is not carried out. */
export const NODE_PROBLEMS = [
  /** The spec is not valid for this agent. What ran before goes on. */
  "bad_spec",
  /** The client's program is not on the host. */
  "binary_missing",
  "port_taken",
  /** Too little free space to start. */
  "disk_low",
  /** The process ends again and again. */
  "crash_loop",
  "out_of_memory",
  /** It runs, and does not answer for longer than its start-up takes. */
  "unresponsive",
  /** The root helper does not answer, or this agent may not use it. */
  "hand_unavailable",
  /** Too many deletions or stops in a short time. It is done later. */
  "deletion_held_back",
] as const;
export type NodeProblem = (typeof NODE_PROBLEMS)[number];

export const PRINTABLE_LINE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;
export const WORD = /^[\x21-\x7e]{1,32}$/u;

const text = z.string().max(300).regex(PRINTABLE_LINE, "must be one printable line");
/** Null: unknown. GraphQL lets a request leave out each nullable field. */
const orNull = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().default(null);
const amount = orNull(z.number().min(0).max(Number.MAX_SAFE_INTEGER));
/** As far as an `Int` of GraphQL goes. */
const count = z.number().int().min(0).max(MAX_INT);
const word = z.string().regex(WORD, "must be 1 to 32 printable ASCII characters without spaces");

export const observedProcess = z.strictObject({
  role: word,
  client: word,
  version: word,
  status: z.enum(PROCESS_STATUSES),
  problem: orNull(z.enum(NODE_PROBLEMS)),
  /** One sentence: what, and what to do. Null if the status says it all. */
  reason: orNull(text),
  /** When the status began, epoch ms. */
  since: z.number().int().min(0).max(8.64e15),
  /** How often systemd has restarted it since the last start that was asked for. */
  restarts: count,
  height: amount,
  targetHeight: amount,
  peers: amount,
  /** 0 to 1. */
  syncProgress: orNull(z.number().min(0).max(1)),
  memoryBytes: amount,
});
export type ObservedProcess = z.infer<typeof observedProcess>;

export const observedNode = z.strictObject({
  id: z.string().min(1).max(64),
  name: nodeName,
  /** The revision that the running processes were started with; null: none. */
  revision: orNull(count.min(1)),
  processes: z.array(observedProcess).max(8),
  /** Of the file system that holds the data. */
  diskFreeBytes: amount,
  /**
   * True once a deleted node is stopped and its data is deleted, or kept as ordered. Only then does
   * the control plane forget it.
   */
  isGone: z.boolean(),
  /** True if the control plane's list does not have it. It goes on. */
  isUnlisted: z.boolean(),
});
export type ObservedNode = z.infer<typeof observedNode>;

/** Sent only if it differs from the last report that was accepted; all of it if `isWhole`. */
export const observedNodes = z.array(observedNode).max(2 * MAX_NODES);
