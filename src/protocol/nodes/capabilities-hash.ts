import { hash } from "node:crypto";
import type { NodeCapabilities } from "./node-exchange.ts";

/**
 * The SHA-256, hex, by which executor and control plane know capabilities. Their text has one form:
 * the fields in the order of the schema, without spaces. The order of lists counts.
 */
export function hashOfCapabilities({ chains }: NodeCapabilities): string {
  const ordered = chains.map(({ chain, networks, nodeTypes, roles }) => ({
    chain,
    networks,
    nodeTypes,
    roles: roles.map(({ role, clients }) => ({
      role,
      clients: clients.map(({ client, versions, installed }) => ({ client, versions, installed })),
    })),
  }));
  return hash("sha256", JSON.stringify({ chains: ordered }), "hex");
}
