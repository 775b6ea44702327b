import { adapterOf } from "../../protocol/chains/catalogue.ts";
import type { NodeCapabilities } from "../../protocol/nodes/node-exchange.ts";
import type { NodeClient } from "../../protocol/nodes/node-spec.ts";

/**
 * The chosen clients, and one for each role that has none: the first whose program is on the host,
 * else the first of the catalogue, each in its first version.
 */
export function withDefaultClients(
  chain: string,
  chosen: readonly NodeClient[],
  capabilities: NodeCapabilities | undefined,
): NodeClient[] {
  const roles = adapterOf(chain)?.roles ?? [];
  const own = capabilities?.chains.find((each) => each.chain === chain)?.roles;
  const missing = roles.filter(({ role }) => !chosen.some((each) => each.role === role));
  return [
    ...chosen,
    ...missing.flatMap(({ role, clients }) => {
      const installed = own
        ?.find((each) => each.role === role)
        ?.clients.flatMap((each) => each.installed.map((version) => ({ client: each.client, version })));
      const [first] = clients;
      const usual = first?.versions[0] && { client: first.client, version: first.versions[0].version };
      const client = installed?.[0] ?? usual;
      return client === undefined ? [] : [{ role, ...client, allowDowngrade: false }];
    }),
  ];
}
