import * as z from "zod";

/**
 * A chain adapter is data: what Novacula knows of a chain and its clients. From the catalogue come
 * the unit templates, the arguments and configuration files of clients, the capabilities of an
 * executor, the checks of specs and the table in the docs.
 */

const word = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/u);
const line = z.string().regex(/^[\x20-\x7e]{1,200}$/u);

/** A setting that an override may change. Every kind of value is bounded. */
const knownSetting = z.strictObject({
  /** As the client names it, without dashes. */
  key: z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/u),
  type: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("integer"),
      least: z.number().int(),
      most: z.number().int(),
      /** Allowed too, though it is not in the range. */
      or: z.number().int().optional(),
    }),
    z.strictObject({ kind: z.literal("boolean") }),
    z.strictObject({ kind: z.literal("choice"), choices: z.array(line).min(1) }),
    z.strictObject({ kind: z.literal("hex"), bytes: z.number().int().min(1) }),
  ]),
  about: line,
});

const client = z.strictObject({
  client: word,
  title: line,
  /** The newest first: it is the usual choice. */
  versions: z
    .array(
      z.strictObject({
        version: line,
        /** Where Debian or Ubuntu install this version; null: only in the folder for clients. */
        systemProgram: z.string().startsWith("/usr/").nullable(),
      }),
    )
    .min(1),
  /** Finds out which version a program is: its arguments, and the pattern with one group. */
  versionCheck: z.strictObject({ arguments: z.array(line), pattern: line }),
  /** How overrides are written, and which file there is besides the arguments. */
  configFormat: z.enum(["flags", "flags-with-value", "bitcoin-conf", "monero-conf"]),
  healthProbe: z.enum(["bitcoin-rpc", "monero-rpc", "eth-rpc", "eth-beacon"]),
  /**
   * Always given. `{data}`, `{config}`, `{jwt}`, `{network}`, `{port.NAME}` and, for another
   * role's, `{port.ROLE.NAME}` are filled in.
   */
  arguments: z.array(line),
  /** Further arguments, by network. */
  networkArguments: z.record(word, z.array(line)),
  /** Lines of its file that are always there. `{login}` is what lets the agent in. */
  settings: z.array(line),
  /** Settings that Novacula decides. An override of one is refused by name. */
  managedSettings: z.array(line),
  knownSettings: z.array(knownSetting),
  /** What the client refuses at its start, so that it is refused here first. */
  relations: z.array(z.strictObject({ key: line, kind: z.enum(["excludes", "needs"]), other: line })),
});

const role = z.strictObject({
  role: word,
  title: line,
  clients: z.array(client).min(1),
  /** Defaults; a network may have its own. */
  ports: z.array(
    z.strictObject({
      name: word,
      protocol: z.enum(["tcp", "udp", "both"]),
      /** Whether it listens on every address, or on loopback alone. */
      reach: z.enum(["public", "loopback"]),
      port: z.number().int().min(1024).max(65_535),
      /** Null: nothing listens there on this network. */
      byNetwork: z.record(word, z.number().int().min(1024).max(65_535).nullable()),
    }),
  ),
  /** How long a stop may take before systemd kills, seconds. */
  stopTimeoutSecs: z.number().int().min(5).max(3600),
  killSignal: z.enum(["SIGTERM", "SIGINT"]),
  openFiles: z.number().int().min(1024).max(1_048_576),
  /** True for clients that compile at run time: MemoryDenyWriteExecute= would kill them. */
  compilesAtRunTime: z.boolean(),
  /** How long it may be without an answer after a start, seconds. */
  startUpSecs: z.number().int().min(1).max(86_400),
  /** A node that is this many blocks behind or less counts as running. */
  syncMarginBlocks: z.number().int().min(0),
});

export const chainAdapter = z.strictObject({
  chain: word,
  title: line,
  /** What was not tried with real clients; null: all of it was. */
  untested: line.nullable(),
  networks: z
    .array(
      z.strictObject({
        network: word,
        title: line,
        /** A chain of this host alone: all of its ports are on loopback, and it has no peers. */
        isLocal: z.boolean(),
        /** Recommended for one node. Less gives a warning. */
        memoryBytes: z.number().int(),
        diskBytes: z.number().int(),
      }),
    )
    .min(1),
  nodeTypes: z.array(word).min(1),
  /** In the order in which they are started; they are stopped in reverse. */
  roles: z.array(role).min(1).max(8),
  /** What is generated once for each node. */
  secrets: z.array(z.enum(["rpc-password", "jwt"])),
});
export type ChainAdapter = z.infer<typeof chainAdapter>;
export type ChainNetwork = ChainAdapter["networks"][number];
export type ChainRole = ChainAdapter["roles"][number];
export type ChainClient = ChainRole["clients"][number];
export type ChainPort = ChainRole["ports"][number];
export type SettingRelation = ChainClient["relations"][number];
export type KnownSetting = z.infer<typeof knownSetting>;
