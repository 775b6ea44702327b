import type { ChainAdapter } from "./adapter.ts";
import { LIGHTHOUSE, LODESTAR } from "./ethereum-cl.ts";
import { GETH, RETH } from "./ethereum-el.ts";
import { GIB } from "./sizes.ts";

const MINUTES = 60;

export const ETHEREUM: ChainAdapter = {
  chain: "ethereum",
  title: "Ethereum",
  untested: "all clients; their arguments are from their manuals",
  networks: [
    { network: "mainnet", title: "Mainnet", isLocal: false, memoryBytes: 24 * GIB, diskBytes: 2548 * GIB },
    { network: "sepolia", title: "Sepolia", isLocal: false, memoryBytes: 16 * GIB, diskBytes: 1000 * GIB },
    { network: "hoodi", title: "Hoodi", isLocal: false, memoryBytes: 16 * GIB, diskBytes: 500 * GIB },
  ],
  nodeTypes: ["full"],
  secrets: ["jwt"],
  roles: [
    {
      role: "el",
      title: "execution layer",
      stopTimeoutSecs: 10 * MINUTES,
      killSignal: "SIGINT",
      openFiles: 1_048_576,
      compilesAtRunTime: false,
      startUpSecs: 10 * MINUTES,
      syncMarginBlocks: 8,
      ports: [
        { name: "p2p", protocol: "both", reach: "public", port: 30_303, byNetwork: {} },
        { name: "rpc", protocol: "tcp", reach: "loopback", port: 8545, byNetwork: {} },
        { name: "engine", protocol: "tcp", reach: "loopback", port: 8551, byNetwork: {} },
      ],
      clients: [GETH, RETH],
    },
    {
      role: "cl",
      title: "consensus layer",
      stopTimeoutSecs: 5 * MINUTES,
      killSignal: "SIGINT",
      openFiles: 1_048_576,
      // Lodestar is a Node.js program.
      compilesAtRunTime: true,
      startUpSecs: 10 * MINUTES,
      syncMarginBlocks: 8,
      ports: [
        { name: "p2p", protocol: "both", reach: "public", port: 9000, byNetwork: {} },
        { name: "rest", protocol: "tcp", reach: "loopback", port: 5052, byNetwork: {} },
      ],
      clients: [LIGHTHOUSE, LODESTAR],
    },
  ],
};
