import * as z from "zod";
import { NODE_PHASES } from "../../../protocol/nodes/node-phase.ts";
import { DESIRED_NODE_STATES } from "../../../protocol/nodes/node-spec.ts";
import { NODE_PROBLEMS, PROCESS_STATUSES } from "../../../protocol/nodes/observed-node.ts";
import { damaged, moment } from "./moment.ts";

/** What the commands about nodes print with `--json`. */

const reference = z.object({ id: z.string(), name: z.string() });
const amount = z.number().nullable();

const observedProcess = z.object({
  role: z.string(),
  client: z.string(),
  version: z.string(),
  status: z.enum(PROCESS_STATUSES),
  problem: z.enum(NODE_PROBLEMS).nullable().describe("Why it has the status error"),
  reason: z.string().nullable().describe("A sentence: what, and what to do"),
  since: moment.describe("When the status began"),
  restarts: z.number().describe("Since the last start that was asked for"),
  height: amount,
  targetHeight: amount,
  peers: amount,
  syncProgress: amount.describe("0 to 1"),
  memoryBytes: amount,
});

export const node = z.object({
  id: z.string(),
  name: z.string(),
  executor: reference,
  damaged,
  chain: z.string(),
  network: z.string(),
  nodeType: z.string(),
  clients: z.array(
    z.object({
      role: z.string(),
      client: z.string(),
      version: z.string(),
      allowDowngrade: z.boolean().describe("It may start with data that a newer version has written"),
    }),
  ),
  overrides: z.array(z.object({ role: z.string(), key: z.string(), value: z.string() })),
  limits: z.array(z.object({ role: z.string(), memoryBytes: amount, cpuMillis: amount })),
  ports: z
    .array(z.object({ role: z.string(), name: z.string(), port: z.number() }))
    .describe("Those that differ from their defaults"),
  plannedPorts: z
    .array(
      z.object({
        role: z.string(),
        name: z.string(),
        port: z.number(),
        protocol: z.string(),
        reach: z.string(),
      }),
    )
    .describe("All ports on which its processes listen"),
  desiredState: z.enum(DESIRED_NODE_STATES),
  restartGeneration: z.number().describe("Grows with each restart that was asked for"),
  revision: z.number().describe("Grows with each order"),
  phase: z.enum(NODE_PHASES),
  isDrifted: z.boolean().describe("Its processes run with an earlier revision"),
  reason: z.string().nullable().describe("A sentence, if the phase does not say it all"),
  observedAt: moment.nullable().describe("As of when `observed` holds"),
  observed: z
    .object({
      revision: z.number().nullable().describe("The one that its processes were started with"),
      processes: z.array(observedProcess),
      diskFreeBytes: amount,
    })
    .nullable(),
  deletion: z
    .object({
      keepData: z.boolean(),
      at: moment,
      isDone: z.boolean().describe("The node is deleted, and its data is kept on the host"),
    })
    .nullable(),
  createdAt: moment,
  updatedAt: moment,
});
export type Node = z.output<typeof node>;

export const changedNode = z.object({
  node,
  warnings: z.array(z.string()).describe("What to know about a configuration that is accepted"),
});

export const removedNode = z.object({
  node,
  isGone: z.boolean().describe("False: its executor has not deleted it yet"),
});
