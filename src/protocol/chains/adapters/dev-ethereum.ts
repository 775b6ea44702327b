import type { ChainAdapter } from "./adapter.ts";
import { GIB } from "./sizes.ts";

/** A chain on one host. Anvil has no password: every user of the host may use it. */
export const DEV_ETHEREUM: ChainAdapter = {
  chain: "dev-ethereum",
  title: "Ethereum for development",
  untested: null,
  networks: [{ network: "dev", title: "Dev", isLocal: true, memoryBytes: GIB, diskBytes: GIB }],
  nodeTypes: ["full"],
  secrets: [],
  roles: [
    {
      role: "node",
      title: "node",
      stopTimeoutSecs: 60,
      killSignal: "SIGTERM",
      openFiles: 8192,
      compilesAtRunTime: false,
      startUpSecs: 60,
      syncMarginBlocks: 0,
      ports: [{ name: "rpc", protocol: "tcp", reach: "loopback", port: 8545, byNetwork: {} }],
      clients: [
        {
          client: "anvil",
          title: "Anvil",
          versions: [
            { version: "1.7.1", systemProgram: null },
            { version: "1.5.1", systemProgram: null },
          ],
          versionCheck: { arguments: ["--version"], pattern: "anvil Version: ([0-9]+(?:\\.[0-9]+)+)" },
          configFormat: "flags",
          healthProbe: "eth-rpc",
          arguments: [
            "--host=127.0.0.1",
            "--port={port.rpc}",
            "--state={data}/state.json",
            // Its state is written at a stop; an hour at most is lost when it is killed.
            "--state-interval=3600",
            "--cache-path={data}/cache",
            "--color=never",
          ],
          networkArguments: { dev: [] },
          settings: [],
          relations: [{ key: "block-time", kind: "excludes", other: "no-mining" }],
          managedSettings: [
            "allow-origin",
            "cache-path",
            "color",
            "config-out",
            "derivation-path",
            "dump-state",
            "fork-header",
            "fork-url",
            "host",
            "init",
            "ipc",
            "load-state",
            "mnemonic",
            "mnemonic-random",
            "mnemonic-seed-unsafe",
            "no-cors",
            "no-request-size-limit",
            "port",
            "rpc-url",
            "state",
            "state-interval",
          ],
          knownSettings: [
            { key: "accounts", type: { kind: "integer", least: 1, most: 100 }, about: "Accounts with money" },
            {
              key: "balance",
              type: { kind: "integer", least: 0, most: 1_000_000_000 },
              about: "Money of each account, ether",
            },
            {
              key: "block-time",
              type: { kind: "integer", least: 1, most: 86_400 },
              about: "Seconds from block to block; without it, each transaction has its block",
            },
            {
              key: "chain-id",
              type: { kind: "integer", least: 1, most: 4_294_967_295 },
              about: "Id of the chain",
            },
            {
              key: "gas-limit",
              type: { kind: "integer", least: 21_000, most: 1_000_000_000_000 },
              about: "Gas of a block",
            },
            {
              key: "gas-price",
              type: { kind: "integer", least: 0, most: 1_000_000_000_000 },
              about: "Price of gas, wei",
            },
            {
              key: "hardfork",
              type: { kind: "choice", choices: ["london", "paris", "shanghai", "cancun", "prague"] },
              about: "Rules of the chain",
            },
            { key: "no-mining", type: { kind: "boolean" }, about: "Blocks only when they are asked for" },
            { key: "order", type: { kind: "choice", choices: ["fees", "fifo"] }, about: "Order in the pool" },
            {
              key: "slots-in-an-epoch",
              type: { kind: "integer", least: 1, most: 1024 },
              about: "Slots of an epoch",
            },
          ],
        },
      ],
    },
  ],
};
