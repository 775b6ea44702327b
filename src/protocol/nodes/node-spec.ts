import * as z from "zod";

/**
 * A node as the control plane orders it, with the names of schema.graphql. Both programs decode
 * specs with this schema before anything else sees them. It decides shapes and lengths; whether
 * chain, client and overrides exist is decided by `src/protocol/chains`.
 */

/** Nodes of one executor, deleted ones included. */
export const MAX_NODES = 64;
/** The greatest `Int` of GraphQL. */
export const MAX_INT = 2 ** 31 - 1;
/** Overrides of one node. */
const MAX_OVERRIDES = 64;

/** Lower case, digits and inner hyphens: the name is part of unit names and paths. */
export const NODE_NAME = /^[a-z0-9]([a-z0-9-]{0,24}[a-z0-9])?$/u;
/** Chains, networks, roles, clients, names of ports. */
const WORD = /^[a-z][a-z0-9-]{0,31}$/u;
const VERSION = /^[0-9][0-9A-Za-z.+~-]{0,31}$/u;
const KEY = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/u;

const word = z.string().regex(WORD, "must be lower-case letters, digits and hyphens, at most 32");
export const nodeName = z
  .string()
  .regex(NODE_NAME, "must be 1 to 26 lower-case letters and digits, with hyphens only inside");
const id = z.string().min(1).max(64);
/** Printable ASCII only: a value becomes part of an argument or of a line in a file. */
const value = z
  .string()
  .max(200)
  .regex(/^[\x20-\x7e]*$/u, "must be at most 200 printable ASCII characters");
const orNull = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((given) => given ?? null);
const bytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const DESIRED_NODE_STATES = ["running", "stopped"] as const;
export type DesiredNodeState = (typeof DESIRED_NODE_STATES)[number];

export const nodeClient = z.strictObject({
  role: word,
  client: word,
  version: z.string().regex(VERSION, "must be a version"),
  /** Whether a newer version may have written the data. Then the client may refuse or damage it. */
  allowDowngrade: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
});
export type NodeClient = z.infer<typeof nodeClient>;

/** A setting of the client that differs from the adapter's default. */
export const nodeOverride = z.strictObject({ role: word, key: z.string().regex(KEY), value });
export type NodeOverride = z.infer<typeof nodeOverride>;

/** Limits of one process; null: none. */
export const nodeLimits = z.strictObject({
  role: word,
  memoryBytes: orNull(bytes),
  /** Thousandths of a processor. */
  cpuMillis: orNull(z.number().int().min(10).max(1_024_000)),
});
export type NodeLimits = z.infer<typeof nodeLimits>;

/** A port that differs from the adapter's default. */
export const nodePort = z.strictObject({
  role: word,
  name: word,
  port: z.number().int().min(1024).max(65_535),
});
export type NodePort = z.infer<typeof nodePort>;

/** What a person chooses about a node, and what its revisions hold. */
export const nodeConfigShape = {
  chain: word,
  network: word,
  nodeType: word,
  /** One for each role of the chain. */
  clients: z.array(nodeClient).min(1).max(8),
  overrides: z.array(nodeOverride).max(MAX_OVERRIDES),
  limits: z.array(nodeLimits).max(8),
  ports: z.array(nodePort).max(32),
} as const;
export const nodeConfig = z.strictObject(nodeConfigShape);
export type NodeConfig = z.infer<typeof nodeConfig>;

export const nodeSpec = z.strictObject({
  id,
  name: nodeName,
  /** Grows by one with every change, and never gets smaller. */
  revision: z.number().int().min(1).max(MAX_INT),
  ...nodeConfigShape,
  desiredState: z.enum(DESIRED_NODE_STATES),
  /** Grows with every restart that was asked for. */
  restartGeneration: z.number().int().min(0).max(MAX_INT),
  /** Not null: stop the node, then delete its data, or keep it. The only order that deletes. */
  deletion: orNull(z.strictObject({ keepData: z.boolean() })),
});
export type NodeSpec = z.infer<typeof nodeSpec>;
