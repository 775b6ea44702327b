import type { NodeConfig } from "../../protocol/nodes/node-spec.ts";

/** The entries that differ between two configurations: `overrides.node.dbcache`. Never a value. */
export function changedPlaces(before: NodeConfig, after: NodeConfig): readonly string[] {
  const [old, now] = [placesOf(before), placesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((place) => old.get(place) !== now.get(place));
}

function placesOf({ clients, overrides, limits, ports }: NodeConfig): ReadonlyMap<string, string> {
  return new Map([
    ...clients.map(({ role, ...rest }) => [`clients.${role}`, JSON.stringify(rest)] as const),
    ...overrides.map(({ role, key, value }) => [`overrides.${role}.${key}`, value] as const),
    ...limits.map(({ role, ...rest }) => [`limits.${role}`, JSON.stringify(rest)] as const),
    ...ports.map(({ role, name, port }) => [`ports.${role}.${name}`, String(port)] as const),
  ]);
}
