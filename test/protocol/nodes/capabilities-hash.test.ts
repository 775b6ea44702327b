import { expect, it } from "vitest";
import { hashOfCapabilities } from "../../../src/protocol/nodes/capabilities-hash.ts";

const client = { client: "bitcoind", versions: ["28.0", "29.0"], installed: ["28.0"] };
const chain = {
  chain: "bitcoin",
  networks: ["mainnet"],
  nodeTypes: ["full"],
  roles: [{ role: "node", clients: [client] }],
};

it("does not depend on the order of fields", () => {
  const { chain: name, ...rest } = chain;
  const turned = { ...rest, chain: name };
  expect(Object.keys(turned)).not.toEqual(Object.keys(chain));
  expect(hashOfCapabilities({ chains: [turned] })).toBe(hashOfCapabilities({ chains: [chain] }));
});

it("tells a program that was installed", () => {
  const installed = { ...client, installed: ["28.0", "29.0"] };
  const other = { ...chain, roles: [{ role: "node", clients: [installed] }] };
  expect(hashOfCapabilities({ chains: [other] })).not.toBe(hashOfCapabilities({ chains: [chain] }));
});

it("is the same in every version: executors and control planes compare it", () => {
  expect(hashOfCapabilities({ chains: [chain] })).toBe(
    "31329aab07e6d7a8a1fbeb56b4da85225a43cae46eda4247dd282495acd0eb7b",
  );
});
