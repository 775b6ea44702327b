import type { ChainClient } from "../../../protocol/chains/adapters/adapter.ts";
import { adapterOf } from "../../../protocol/chains/catalogue.ts";
import { portsOf } from "../../../protocol/chains/ports.ts";
import type { NodeSpec } from "../../../protocol/nodes/node-spec.ts";
import type { NodeSecrets } from "../render/node-secrets.ts";
import { RPC_USER } from "../render/rpc-login.ts";
import { probeBitcoin } from "./bitcoin-probe.ts";
import { probeBeacon, probeEthereum } from "./ethereum-probe.ts";
import { askLocally, DEFAULT_LIMIT_MS, type LocalRpc, type Login } from "./local-rpc.ts";
import { probeMonero } from "./monero-probe.ts";
import { type ProbeReading, silent } from "./probe-reading.ts";
import type { ProbeTarget } from "./probe-target.ts";

type ProbeName = ChainClient["healthProbe"];

/** How each kind of client is asked, and at which of its ports. */
const PROBES: Readonly<
  Record<
    ProbeName,
    {
      readonly port: string;
      readonly login: Login["kind"];
      readonly ask: (rpc: LocalRpc, target: ProbeTarget) => Promise<ProbeReading>;
    }
  >
> = {
  "bitcoin-rpc": { port: "rpc", login: "basic", ask: probeBitcoin },
  "monero-rpc": { port: "rpc", login: "digest", ask: probeMonero },
  "eth-rpc": { port: "rpc", login: "none", ask: probeEthereum },
  "eth-beacon": { port: "rest", login: "none", ask: probeBeacon },
};

/**
 * Asks a process of a node how it is, over loopback. Reads at most 256 kB, and ends after `limitMs`
 * or as soon as `signal` aborts. Never rejects. Ask only while systemd says that the process runs:
 * else another program of the host could be the one that listens.
 */
export async function probeProcess(
  spec: NodeSpec,
  role: string,
  secrets: NodeSecrets,
  signal: AbortSignal,
  limitMs = DEFAULT_LIMIT_MS,
): Promise<ProbeReading> {
  const adapter = adapterOf(spec.chain);
  const known = adapter?.roles.find((each) => each.role === role);
  const chosen = spec.clients.find((each) => each.role === role)?.client;
  const client = known?.clients.find((each) => each.client === chosen);
  if (known === undefined || client === undefined) {
    return silent("the catalogue has no such process");
  }
  const probe = PROBES[client.healthProbe];
  const port = portsOf(spec).find((each) => each.role === role && each.name === probe.port)?.port;
  if (port === undefined) {
    return silent("it has no port for RPC");
  }
  const isLocal = adapter?.networks.find(({ network }) => network === spec.network)?.isLocal === true;
  const login = loginOf(probe.login, secrets);
  const ask = (rpc: LocalRpc) => probe.ask(rpc, { isLocal, syncMarginBlocks: known.syncMarginBlocks });
  return askLocally(port, login, signal, ask, limitMs);
}

function loginOf(kind: Login["kind"], { rpcPassword }: NodeSecrets): Login {
  return kind === "none" || rpcPassword === undefined
    ? { kind: "none" }
    : { kind, user: RPC_USER, password: rpcPassword };
}
