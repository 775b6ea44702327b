import type { Node } from "../management/node-outputs.ts";
import type { ConfigurationOptions, Limit, PortChoice } from "./node-options.ts";

/** The parts of a node that `nodes create` and `nodes update` choose. */
type Configuration = Pick<Node, "clients" | "overrides" | "limits" | "ports">;

export interface Unset {
  readonly unset?: readonly { readonly role: string; readonly key: string }[];
}

/**
 * The configuration with what the options change. Without `before` it is that of a new node. The
 * control plane checks it: what is given twice stays twice, so that it is refused.
 */
export function configured(options: ConfigurationOptions & Unset, before?: Configuration) {
  const { client = [], set = [], port = [], unset = [] } = options;
  const isUnset = (role: string, key: string) =>
    [...unset, ...set].some((one) => one.role === role && one.key === key);
  return {
    clients: [
      ...(before?.clients ?? []).filter(({ role }) => !client.some((one) => one.role === role)),
      ...client,
    ],
    overrides: [...(before?.overrides ?? []).filter(({ role, key }) => !isUnset(role, key)), ...set],
    limits: limited(options, before?.limits ?? []),
    ports: chosenPorts(port, before?.ports ?? []),
  };
}

function chosenPorts(chosen: readonly PortChoice[], before: Configuration["ports"]): Configuration["ports"] {
  const kept = before.filter(
    ({ role, name }) => !chosen.some((one) => one.role === role && one.name === name),
  );
  return [
    ...kept,
    ...chosen.flatMap(({ role, name, port }) => (port === null ? [] : [{ role, name, port }])),
  ];
}

function limited(
  { memory = [], cpu = [] }: ConfigurationOptions,
  before: Configuration["limits"],
): Configuration["limits"] {
  const roles = new Set([...before, ...memory, ...cpu].map(({ role }) => role));
  const amount = (limits: readonly Limit[], role: string, old: number | null) => {
    const limit = limits.findLast((one) => one.role === role);
    return limit === undefined ? old : limit.amount;
  };
  return [...roles]
    .map((role) => {
      const old = before.find((one) => one.role === role);
      return {
        role,
        memoryBytes: amount(memory, role, old?.memoryBytes ?? null),
        cpuMillis: amount(cpu, role, old?.cpuMillis ?? null),
      };
    })
    .filter(({ memoryBytes, cpuMillis }) => memoryBytes !== null || cpuMillis !== null);
}
