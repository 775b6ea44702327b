import type { NodeConfig } from "../nodes/node-spec.ts";
import type { ChainPort } from "./adapters/adapter.ts";
import { adapterOf } from "./catalogue.ts";

/** A port on which a process of the node will listen. */
export interface PlannedPort {
  readonly role: string;
  readonly name: string;
  readonly port: number;
  readonly protocol: ChainPort["protocol"];
  /** `public`: on every address of the host. */
  readonly reach: ChainPort["reach"];
}

/** The ports of a node, in the catalogue's order. Of an unknown chain: none. */
export function portsOf(config: Pick<NodeConfig, "chain" | "network" | "ports">): readonly PlannedPort[] {
  const adapter = adapterOf(config.chain);
  const isLocal = adapter?.networks.find(({ network }) => network === config.network)?.isLocal === true;
  return (adapter?.roles ?? []).flatMap(({ role, ports }) =>
    ports.flatMap(({ name, port, byNetwork, protocol, reach }) => {
      const usual = Object.hasOwn(byNetwork, config.network) ? byNetwork[config.network] : port;
      if (usual === null || usual === undefined) {
        return [];
      }
      const chosen = config.ports.find((each) => each.role === role && each.name === name)?.port;
      return [{ role, name, port: chosen ?? usual, protocol, reach: isLocal ? "loopback" : reach }];
    }),
  );
}
