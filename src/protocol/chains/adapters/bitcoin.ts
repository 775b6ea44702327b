import type { ChainAdapter } from "./adapter.ts";
import {
  BITCOIN_ARGUMENTS,
  BITCOIN_KNOWN,
  BITCOIN_LISTEN,
  BITCOIN_LISTEN_LOCALLY,
  BITCOIN_MANAGED,
  BITCOIN_RELATIONS,
  BITCOIN_SETTINGS,
} from "./bitcoin-settings.ts";
import { GIB } from "./sizes.ts";

export const BITCOIN: ChainAdapter = {
  chain: "bitcoin",
  title: "Bitcoin",
  untested: "bitcoind itself; litecoind has the same RPC, configuration file and signals, and is tested",
  networks: [
    { network: "mainnet", title: "Mainnet", isLocal: false, memoryBytes: 4 * GIB, diskBytes: 900 * GIB },
    { network: "test", title: "Testnet", isLocal: false, memoryBytes: 4 * GIB, diskBytes: 250 * GIB },
    { network: "signet", title: "Signet", isLocal: false, memoryBytes: 2 * GIB, diskBytes: 40 * GIB },
    { network: "regtest", title: "Regtest", isLocal: true, memoryBytes: GIB, diskBytes: GIB },
  ],
  nodeTypes: ["full"],
  secrets: ["rpc-password"],
  roles: [
    {
      role: "node",
      title: "node",
      stopTimeoutSecs: 600,
      killSignal: "SIGTERM",
      openFiles: 8192,
      compilesAtRunTime: false,
      startUpSecs: 600,
      syncMarginBlocks: 2,
      ports: [
        {
          name: "p2p",
          protocol: "tcp",
          reach: "public",
          port: 8333,
          byNetwork: { test: 18_333, signet: 38_333, regtest: 18_444 },
        },
        {
          name: "rpc",
          protocol: "tcp",
          reach: "loopback",
          port: 8332,
          byNetwork: { test: 18_332, signet: 38_332, regtest: 18_443 },
        },
      ],
      clients: [
        {
          client: "bitcoind",
          title: "Bitcoin Core",
          versions: [
            { version: "29.0", systemProgram: null },
            { version: "28.1", systemProgram: null },
          ],
          versionCheck: { arguments: ["--version"], pattern: "version v([0-9]+\\.[0-9]+)" },
          configFormat: "bitcoin-conf",
          healthProbe: "bitcoin-rpc",
          arguments: [...BITCOIN_ARGUMENTS],
          networkArguments: {
            mainnet: [BITCOIN_LISTEN],
            test: ["-testnet", BITCOIN_LISTEN],
            signet: ["-signet", BITCOIN_LISTEN],
            regtest: ["-regtest", BITCOIN_LISTEN_LOCALLY],
          },
          settings: [...BITCOIN_SETTINGS, "natpmp=0"],
          relations: [...BITCOIN_RELATIONS],
          managedSettings: [...BITCOIN_MANAGED],
          knownSettings: [...BITCOIN_KNOWN],
        },
      ],
    },
  ],
};
