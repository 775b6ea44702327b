import type { ChainClient, KnownSetting } from "../../../src/protocol/chains/adapters/adapter.ts";
import { adapterOf, CATALOGUE } from "../../../src/protocol/chains/catalogue.ts";
import type { NodeOverride, NodeSpec } from "../../../src/protocol/nodes/node-spec.ts";

/** A valid spec: the first client and the newest version of each role, unless `change` has others. */
export function nodeSpec(chain: string, network: string, change: Partial<NodeSpec> = {}): NodeSpec {
  const clients = (adapterOf(chain)?.roles ?? []).map(({ role, clients: [first] }) => ({
    role,
    client: first?.client ?? "",
    version: first?.versions[0]?.version ?? "",
    allowDowngrade: false,
  }));
  return {
    id: "node-1",
    name: "one",
    revision: 1,
    chain,
    network,
    nodeType: "full",
    clients,
    overrides: [],
    limits: [],
    ports: [],
    desiredState: "running",
    restartGeneration: 0,
    deletion: null,
    ...change,
  };
}

/** A valid spec for each chain, network, and choice of clients and versions, with its name. */
export function everySpec(): readonly (readonly [string, NodeSpec])[] {
  return CATALOGUE.flatMap(({ chain, networks, roles }) =>
    networks.flatMap(({ network }) =>
      roles
        .map(({ role, clients }) =>
          clients.flatMap(({ client, versions }) =>
            versions.map(({ version }) => ({ role, client, version, allowDowngrade: false })),
          ),
        )
        .reduce<readonly NodeSpec["clients"][]>(
          (all, choices) => all.flatMap((before) => choices.map((choice) => [...before, choice])),
          [[]],
        )
        .map((clients) => {
          const names = clients.map(({ client, version }) => `${client}-${version}`);
          return [[chain, network, ...names].join(" "), nodeSpec(chain, network, { clients })] as const;
        }),
    ),
  );
}

/** A value that the setting accepts, at one end of its range. */
export function exampleOf({ type }: KnownSetting, end: "least" | "most" = "most"): string {
  switch (type.kind) {
    case "integer":
      return String(type[end]);
    case "boolean":
      return "true";
    case "choice":
      return type.choices.at(end === "most" ? -1 : 0) ?? "";
    case "hex":
      return "0f".repeat(type.bytes);
  }
}

/** An override of each setting of a client, but of two that exclude each other only the second. */
export function compatibleOverrides(
  role: string,
  client: ChainClient,
  end: "least" | "most" = "most",
): NodeOverride[] {
  const left = client.relations.filter(({ kind }) => kind === "excludes").map(({ key }) => key);
  return client.knownSettings
    .filter(({ key }) => !left.includes(key))
    .map((known) => ({ role, key: known.key, value: exampleOf(known, end) }));
}
