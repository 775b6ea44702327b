import type { NodeCapabilities } from "../nodes/node-exchange.ts";
import { CATALOGUE } from "./catalogue.ts";

/** What an executor can run: the catalogue, and which programs are on its host now. */
export function capabilitiesOf(installed: (client: string, version: string) => boolean): NodeCapabilities {
  return {
    chains: CATALOGUE.map(({ chain, networks, nodeTypes, roles }) => ({
      chain,
      networks: networks.map(({ network }) => network),
      nodeTypes: [...nodeTypes],
      roles: roles.map(({ role, clients }) => ({
        role,
        clients: clients.map(({ client, versions }) => {
          const all = versions.map(({ version }) => version);
          return { client, versions: all, installed: all.filter((version) => installed(client, version)) };
        }),
      })),
    })),
  };
}
