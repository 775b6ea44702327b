import type { KnownSetting, SettingRelation } from "./adapter.ts";

/** What Bitcoin Core and the clients that come from it have in common. */

/** Lines of the configuration file: one log, no wallet, RPC for the agent alone. */
export const BITCOIN_SETTINGS: readonly string[] = [
  "server=1",
  "daemon=0",
  "printtoconsole=1",
  "nodebuglogfile=1",
  // Deleting a node deletes its data: it must hold no keys.
  "disablewallet=1",
  "listenonion=0",
  "upnp=0",
  "{login}",
];

/** Ports are arguments: in the file, Bitcoin Core ignores them outside a network's own section. */
export const BITCOIN_ARGUMENTS: readonly string[] = [
  "-datadir={data}",
  "-conf={config}",
  "-rpcbind=127.0.0.1",
  "-rpcallowip=127.0.0.1",
  "-rpcport={port.rpc}",
  "-port={port.p2p}",
];

/** Without it, Bitcoin Core listens for Tor on another port too, the same one for each node. */
export const BITCOIN_LISTEN = "-bind=0.0.0.0:{port.p2p}";
export const BITCOIN_LISTEN_LOCALLY = "-bind=127.0.0.1:{port.p2p}";

export const BITCOIN_MANAGED: readonly string[] = [
  "addnode",
  "alertnotify",
  "bind",
  "blocknotify",
  "blocksdir",
  "chain",
  "conf",
  "connect",
  "daemon",
  "daemonwait",
  "datadir",
  "debuglogfile",
  "disablewallet",
  "externalip",
  "includeconf",
  "listen",
  "listenonion",
  "loadblock",
  "natpmp",
  "nodebuglogfile",
  "onion",
  "pid",
  "port",
  "printtoconsole",
  "proxy",
  "regtest",
  "rpcallowip",
  "rpcauth",
  "rpcbind",
  "rpccookiefile",
  "rpcpassword",
  "rpcport",
  "rpcuser",
  "server",
  "settings",
  "shutdownnotify",
  "signet",
  "signetchallenge",
  "startupnotify",
  "testnet",
  "upnp",
  "wallet",
  "walletdir",
  "walletnotify",
  "whitebind",
  "whitelist",
  "zmqpubhashblock",
  "zmqpubhashtx",
  "zmqpubrawblock",
  "zmqpubrawtx",
];

export const BITCOIN_KNOWN: readonly KnownSetting[] = [
  {
    key: "assumevalid",
    type: { kind: "hex", bytes: 32 },
    about: "Hash of a block that is taken as valid, with all before it",
  },
  { key: "blockfilterindex", type: { kind: "boolean" }, about: "Index of compact block filters" },
  { key: "blocksonly", type: { kind: "boolean" }, about: "Accept no transactions from peers" },
  { key: "coinstatsindex", type: { kind: "boolean" }, about: "Index of statistics of the coin set" },
  {
    key: "dbcache",
    type: { kind: "integer", least: 4, most: 65_536 },
    about: "Cache of the database, MiB. The process needs more than that",
  },
  {
    key: "maxconnections",
    type: { kind: "integer", least: 0, most: 4096 },
    about: "Connections to peers",
  },
  {
    key: "maxmempool",
    type: { kind: "integer", least: 5, most: 65_536 },
    about: "Memory pool, MB",
  },
  {
    key: "maxuploadtarget",
    type: { kind: "integer", least: 0, most: 100_000_000 },
    about: "Upload in a day, MiB; 0: no limit",
  },
  {
    key: "mempoolexpiry",
    type: { kind: "integer", least: 1, most: 8760 },
    about: "Hours that a transaction may stay in the memory pool",
  },
  {
    key: "par",
    type: { kind: "integer", least: -16, most: 15 },
    about: "Threads that check scripts; 0: as many as there are cores, less than 0: so many fewer",
  },
  {
    key: "peerblockfilters",
    type: { kind: "boolean" },
    about: "Serve compact block filters to peers; needs blockfilterindex",
  },
  {
    key: "prune",
    type: { kind: "integer", least: 550, most: 100_000_000, or: 0 },
    about: "Delete old blocks above this size, MiB; 0: keep all. Not together with txindex",
  },
  { key: "txindex", type: { kind: "boolean" }, about: "Index of all transactions" },
];

export const BITCOIN_RELATIONS: readonly SettingRelation[] = [
  { key: "prune", kind: "excludes", other: "txindex" },
  { key: "peerblockfilters", kind: "needs", other: "blockfilterindex" },
];
