import { type HeldNode, NO_NODES, type NodeList } from "../../../src/agent/reconciler/decide/node-list.ts";
import { downUnit, type UnitState } from "../../../src/agent/reconciler/decide/unit-state.ts";
import { CATALOGUE } from "../../../src/protocol/chains/catalogue.ts";
import type { NodesReply } from "../../../src/protocol/nodes/node-exchange.ts";
import type { NodeSpec } from "../../../src/protocol/nodes/node-spec.ts";
import type { ObservedNode } from "../../../src/protocol/nodes/observed-node.ts";

/** A litecoin node on regtest, as the control plane orders it. */
export function makeSpec(name: string, changes: Partial<NodeSpec> = {}): NodeSpec {
  return {
    id: `id-${name}`,
    name,
    revision: 1,
    chain: "litecoin",
    network: "regtest",
    nodeType: "full",
    clients: [{ role: "node", client: "litecoind", version: "0.21.4", allowDowngrade: false }],
    overrides: [],
    limits: [],
    ports: [],
    desiredState: "running",
    restartGeneration: 0,
    deletion: null,
    ...changes,
  };
}

export const ORGANIZATION = "org-1";

/**
 * The catalogue without the clients of this machine's system. Whether it has them is no matter of a
 * modelled host, and asking monerod for its version takes 300 ms of processor time.
 */
export const OWN_CLIENTS = CATALOGUE.map((adapter) => ({
  ...adapter,
  roles: adapter.roles.map((role) => ({
    ...role,
    clients: role.clients.map((client) => ({
      ...client,
      versions: client.versions.map(({ version }) => ({ version, systemProgram: null })),
    })),
  })),
}));

export function held(spec: NodeSpec, changes: Partial<HeldNode> = {}): HeldNode {
  return { spec, organizationId: ORGANIZATION, isUnlisted: false, isSlow: false, end: null, ...changes };
}

/** The list of ORGANIZATION with change number 10. */
export function listOf(specs: readonly NodeSpec[]): NodeList {
  const nodes = specs.map((spec) => held(spec));
  return { ...NO_NODES, organizationId: ORGANIZATION, changeNumber: 10, nodes };
}

/** A whole list, one change later than `listOf`. */
export function replyOf(specs: readonly NodeSpec[], changes: Partial<NodesReply> = {}): NodesReply {
  return {
    changeNumber: 11,
    count: specs.length,
    list: [...specs],
    wantsCapabilities: false,
    wantsWhole: false,
    ...changes,
  };
}

/** A unit that has run for a while. */
export function upUnit(changes: Partial<UnitState> = {}): UnitState {
  return {
    ...downUnit("litecoin-node@a.service"),
    loadState: "loaded",
    activeState: "active",
    subState: "running",
    isEnabled: true,
    invocationId: "0123456789abcdef0123456789abcdef",
    startedAtMs: 1000,
    ...changes,
  };
}

export function observed(name: string, changes: Partial<ObservedNode> = {}): ObservedNode {
  return {
    id: `id-${name}`,
    name,
    revision: 1,
    processes: [
      {
        role: "node",
        client: "litecoind",
        version: "0.21.4",
        status: "running",
        problem: null,
        reason: null,
        since: 1000,
        restarts: 0,
        height: 1,
        targetHeight: 1,
        peers: 0,
        syncProgress: 1,
        memoryBytes: 1,
      },
    ],
    diskFreeBytes: 1,
    isGone: false,
    isUnlisted: false,
    ...changes,
  };
}
