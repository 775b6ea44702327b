import type { NodeClient, NodeConfig, NodeOverride } from "../nodes/node-spec.ts";
import type { ChainAdapter, ChainClient, ChainRole } from "./adapters/adapter.ts";
import { adapterOf, CATALOGUE } from "./catalogue.ts";
import { duplicates, issue, type NodeIssue, oneOf, shown, unknown } from "./node-issue.ts";
import { type PlannedPort, portsOf } from "./ports.ts";
import { brokenRelations, isValueOf, whatItAccepts } from "./setting-value.ts";

/**
 * All entries of a configuration that the catalogue does not allow, in a stable order; none: it can
 * be rendered. Control plane and agent both ask it, since their releases may differ.
 */
export function checkNode(config: NodeConfig): readonly NodeIssue[] {
  const adapter = adapterOf(config.chain);
  if (adapter === undefined) {
    const chains = CATALOGUE.map(({ chain }) => chain);
    return [unknown("unknown_chain", ["chain"], "chain", config.chain, chains)];
  }
  return [
    ...checkNames(adapter, config),
    ...checkClients(adapter, config.clients),
    ...checkOverrides(adapter, config),
    ...checkRelations(adapter, config),
    ...duplicates(
      "limits",
      config.limits.map(({ role }) => [role]),
    ),
    ...config.limits
      .filter(({ role }) => roleOf(adapter, role) === undefined)
      .map(({ role }) => unknownRole(adapter, ["limits", role], role)),
    ...checkPorts(adapter, config),
  ];
}

function checkNames(adapter: ChainAdapter, { network, nodeType }: NodeConfig): readonly NodeIssue[] {
  const networks = adapter.networks.map((each) => each.network);
  return [
    ...(networks.includes(network)
      ? []
      : [unknown("unknown_network", ["network"], `network of ${adapter.chain}`, network, networks)]),
    ...(adapter.nodeTypes.includes(nodeType)
      ? []
      : [
          unknown(
            "unknown_node_type",
            ["nodeType"],
            `node type of ${adapter.chain}`,
            nodeType,
            adapter.nodeTypes,
          ),
        ]),
  ];
}

function checkClients(adapter: ChainAdapter, clients: readonly NodeClient[]): readonly NodeIssue[] {
  const missing = adapter.roles.filter(({ role }) => !clients.some((each) => each.role === role));
  return [
    ...missing.map(({ role, clients: all }) =>
      issue("missing_role", ["clients", role], `The role ${role} has no client. ${oneOf(namesOf(all))}`),
    ),
    ...duplicates(
      "clients",
      clients.map(({ role }) => [role]),
    ),
    ...clients.flatMap((each) => checkClient(adapter, each)),
  ];
}

function checkClient(adapter: ChainAdapter, { role, client, version }: NodeClient): readonly NodeIssue[] {
  const known = roleOf(adapter, role);
  if (known === undefined) {
    return [unknownRole(adapter, ["clients", role], role)];
  }
  const place = ["clients", role];
  const found = known.clients.find((each) => each.client === client);
  if (found === undefined) {
    return [unknown("unknown_client", place, `client of the role ${role}`, client, namesOf(known.clients))];
  }
  const versions = found.versions.map((each) => each.version);
  return versions.includes(version)
    ? []
    : [unknown("unknown_version", place, `version of ${client}`, version, versions)];
}

function checkOverrides(adapter: ChainAdapter, { overrides, clients }: NodeConfig): readonly NodeIssue[] {
  return [
    ...duplicates(
      "overrides",
      overrides.map(({ role, key }) => [role, key]),
    ),
    ...overrides.flatMap((override) => {
      const role = roleOf(adapter, override.role);
      if (role === undefined) {
        return [unknownRole(adapter, ["overrides", override.role, override.key], override.role)];
      }
      const client = clientOf(role, clients);
      // A client that is missing or unknown is an issue of its own.
      return client === undefined ? [] : checkOverride(client, override);
    }),
  ];
}

function checkRelations(adapter: ChainAdapter, { overrides, clients }: NodeConfig): readonly NodeIssue[] {
  return adapter.roles.flatMap((role) => {
    const client = clientOf(role, clients);
    const own = overrides.filter((each) => each.role === role.role);
    return (client === undefined ? [] : brokenRelations(client, own)).map(({ key, kind, other }) =>
      issue(
        "bad_value",
        ["overrides", role.role, key],
        kind === "needs"
          ? `${key} of ${client?.client} needs ${other} as well. Set it, or leave ${key} out.`
          : `${key} of ${client?.client} cannot be on together with ${other}. Leave one of them out.`,
      ),
    );
  });
}

function clientOf(role: ChainRole, clients: readonly NodeClient[]): ChainClient | undefined {
  const name = clients.find((each) => each.role === role.role)?.client;
  return role.clients.find(({ client }) => client === name);
}

function checkOverride(client: ChainClient, { role, key, value }: NodeOverride): readonly NodeIssue[] {
  const place = ["overrides", role, key];
  const known = client.knownSettings.find((each) => each.key === key);
  if (known !== undefined) {
    return isValueOf(known, value)
      ? []
      : [
          issue(
            "bad_value",
            place,
            `${key} of ${client.client} cannot be "${shown(value)}". It must be ${whatItAccepts(known)}.`,
          ),
        ];
  }
  return client.managedSettings.includes(key)
    ? [issue("managed_setting", place, `${key} of ${client.client} is decided by Novacula. Leave it out.`)]
    : [
        issue(
          "unknown_setting",
          place,
          `${client.client} has no setting "${shown(key)}" that may be changed. ${oneOf(client.knownSettings.map((each) => each.key))}`,
        ),
      ];
}

function checkPorts(adapter: ChainAdapter, config: NodeConfig): readonly NodeIssue[] {
  const planned = portsOf(config);
  const unknownPorts = config.ports.flatMap(({ role, name }) => {
    if (roleOf(adapter, role) === undefined) {
      return [unknownRole(adapter, ["ports", role, name], role)];
    }
    const names = planned.filter((each) => each.role === role).map((each) => each.name);
    return names.includes(name)
      ? []
      : [unknown("unknown_port", ["ports", role, name], `port of the role ${role}`, name, names)];
  });
  return [
    ...duplicates(
      "ports",
      config.ports.map(({ role, name }) => [role, name]),
    ),
    ...unknownPorts,
    ...portClashes(planned),
  ];
}

function portClashes(planned: readonly PlannedPort[]): readonly NodeIssue[] {
  return planned.flatMap((port, index) => {
    const other = planned.slice(0, index).find((each) => isSamePort(each, port));
    return other === undefined
      ? []
      : [
          issue(
            "port_clash",
            ["ports", port.role, port.name],
            `${port.role}.${port.name} and ${other.role}.${other.name} are both ${port.port}. Choose another for one of them.`,
          ),
        ];
  });
}

/** Whether two processes of one host cannot have both ports. */
export function isSamePort(
  one: Pick<PlannedPort, "port" | "protocol">,
  other: Pick<PlannedPort, "port" | "protocol">,
): boolean {
  const isShared = one.protocol === "both" || other.protocol === "both" || one.protocol === other.protocol;
  return one.port === other.port && isShared;
}

function roleOf(adapter: ChainAdapter, name: string): ChainRole | undefined {
  return adapter.roles.find(({ role }) => role === name);
}

function unknownRole(adapter: ChainAdapter, place: readonly string[], role: string): NodeIssue {
  const roles = adapter.roles.map((each) => each.role);
  return unknown("unknown_role", place, `role of ${adapter.chain}`, role, roles);
}

function namesOf(clients: readonly ChainClient[]): readonly string[] {
  return clients.map(({ client }) => client);
}
