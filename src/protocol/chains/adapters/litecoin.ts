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

// Debian's /usr/bin/litecoind is a script that writes to the home directory first.
const SYSTEM_PROGRAM = "/usr/lib/litecoin/litecoind";

export const LITECOIN: ChainAdapter = {
  chain: "litecoin",
  title: "Litecoin",
  untested: "mainnet and testnet; regtest is tested",
  networks: [
    { network: "mainnet", title: "Mainnet", isLocal: false, memoryBytes: 4 * GIB, diskBytes: 300 * GIB },
    { network: "testnet", title: "Testnet", isLocal: false, memoryBytes: 2 * GIB, diskBytes: 20 * GIB },
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
      syncMarginBlocks: 4,
      ports: [
        {
          name: "p2p",
          protocol: "tcp",
          reach: "public",
          port: 9333,
          byNetwork: { testnet: 19_335, regtest: 19_444 },
        },
        {
          name: "rpc",
          protocol: "tcp",
          reach: "loopback",
          port: 9332,
          byNetwork: { testnet: 19_332, regtest: 19_443 },
        },
      ],
      clients: [
        {
          client: "litecoind",
          title: "Litecoin Core",
          versions: [
            { version: "0.21.4", systemProgram: SYSTEM_PROGRAM },
            { version: "0.21.2.1", systemProgram: SYSTEM_PROGRAM },
          ],
          // It says `v0.21.4.0` of 0.21.4.
          versionCheck: {
            arguments: ["--version"],
            pattern: "version v([0-9]+\\.[0-9]+\\.[0-9]+(?:\\.[1-9][0-9]*)?)",
          },
          configFormat: "bitcoin-conf",
          healthProbe: "bitcoin-rpc",
          arguments: [...BITCOIN_ARGUMENTS],
          networkArguments: {
            mainnet: [BITCOIN_LISTEN],
            testnet: ["-testnet", BITCOIN_LISTEN],
            regtest: ["-regtest", BITCOIN_LISTEN_LOCALLY],
          },
          settings: [...BITCOIN_SETTINGS],
          relations: [...BITCOIN_RELATIONS],
          managedSettings: [...BITCOIN_MANAGED],
          // Litecoin Core is Bitcoin Core 0.21, which has no index of coin statistics yet.
          knownSettings: BITCOIN_KNOWN.filter(({ key }) => key !== "coinstatsindex"),
        },
      ],
    },
  ],
};
