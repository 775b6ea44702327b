import type { ChainClient, KnownSetting } from "./adapter.ts";

/** Consensus clients of Ethereum. */

const PEERS: KnownSetting["type"] = { kind: "integer", least: 1, most: 1000 };

/**
 * Where a new node gets its first state. A person cannot choose another: it decides which chain the
 * node believes in. They are public services of the list at eth-clients.github.io.
 */
const CHECKPOINTS = {
  mainnet: "https://beaconstate.ethstaker.cc",
  sepolia: "https://checkpoint-sync.sepolia.ethpandaops.io",
  hoodi: "https://checkpoint-sync.hoodi.ethpandaops.io",
};

export const LIGHTHOUSE: ChainClient = {
  client: "lighthouse",
  title: "Lighthouse",
  versions: [{ version: "8.0.1", systemProgram: null }],
  versionCheck: { arguments: ["--version"], pattern: "Lighthouse v([0-9]+(?:\\.[0-9]+)+)" },
  configFormat: "flags",
  healthProbe: "eth-beacon",
  arguments: [
    "bn",
    "--network={network}",
    "--datadir={data}/cl",
    "--execution-endpoint=http://127.0.0.1:{port.el.engine}",
    "--execution-jwt={jwt}",
    "--http",
    "--http-address=127.0.0.1",
    "--http-port={port.rest}",
    "--port={port.p2p}",
    "--disable-quic",
    "--disable-upnp",
    "--logfile-max-number=0",
  ],
  networkArguments: {
    mainnet: [`--checkpoint-sync-url=${CHECKPOINTS.mainnet}`],
    sepolia: [`--checkpoint-sync-url=${CHECKPOINTS.sepolia}`],
    hoodi: [`--checkpoint-sync-url=${CHECKPOINTS.hoodi}`],
  },
  settings: [],
  relations: [],
  managedSettings: [
    "boot-nodes",
    "builder",
    "checkpoint-sync-url",
    "datadir",
    "disable-quic",
    "disable-upnp",
    "execution-endpoint",
    "execution-jwt",
    "http",
    "http-address",
    "http-allow-origin",
    "http-port",
    "libp2p-addresses",
    "listen-address",
    "logfile-dir",
    "logfile-max-number",
    "monitoring-endpoint",
    "network",
    "port",
    "testnet-dir",
    "trusted-peers",
  ],
  knownSettings: [
    {
      key: "historic-state-cache-size",
      type: { kind: "integer", least: 1, most: 256 },
      about: "States in the cache",
    },
    { key: "prune-blobs", type: { kind: "choice", choices: ["true", "false"] }, about: "Delete old blobs" },
    {
      key: "reconstruct-historic-states",
      type: { kind: "boolean" },
      about: "Compute all states since the first block",
    },
    { key: "target-peers", type: PEERS, about: "Peers" },
  ],
};

export const LODESTAR: ChainClient = {
  client: "lodestar",
  title: "Lodestar",
  versions: [{ version: "1.36.0", systemProgram: null }],
  versionCheck: { arguments: ["--version"], pattern: "Version: v([0-9]+(?:\\.[0-9]+)+)" },
  configFormat: "flags-with-value",
  healthProbe: "eth-beacon",
  arguments: [
    "beacon",
    "--network={network}",
    "--dataDir={data}/cl",
    "--execution.urls=http://127.0.0.1:{port.el.engine}",
    "--jwtSecret={jwt}",
    "--rest=true",
    "--rest.address=127.0.0.1",
    "--rest.port={port.rest}",
    "--port={port.p2p}",
    "--nat=false",
    "--logFile=none",
  ],
  networkArguments: {
    mainnet: [`--checkpointSyncUrl=${CHECKPOINTS.mainnet}`],
    sepolia: [`--checkpointSyncUrl=${CHECKPOINTS.sepolia}`],
    hoodi: [`--checkpointSyncUrl=${CHECKPOINTS.hoodi}`],
  },
  settings: [],
  relations: [],
  managedSettings: [
    "bootnodes",
    "builder",
    "builder.url",
    "checkpointSyncUrl",
    "dataDir",
    "execution.urls",
    "jwtSecret",
    "listenAddress",
    "logFile",
    "logFileDailyRotate",
    "logFileLevel",
    "metrics",
    "monitoring.endpoint",
    "nat",
    "network",
    "paramsFile",
    "port",
    "rest",
    "rest.address",
    "rest.cors",
    "rest.port",
  ],
  knownSettings: [
    {
      key: "chain.archiveStateEpochFrequency",
      type: { kind: "integer", least: 1, most: 1_000_000 },
      about: "Epochs between stored states",
    },
    { key: "targetPeers", type: PEERS, about: "Peers" },
  ],
};
