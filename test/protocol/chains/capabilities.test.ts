import { describe, expect, it } from "vitest";
import { capabilitiesOf } from "../../../src/protocol/chains/capabilities.ts";
import { CATALOGUE } from "../../../src/protocol/chains/catalogue.ts";
import { nodeCapabilities } from "../../../src/protocol/nodes/node-exchange.ts";

describe("the capabilities of an executor", () => {
  it("are the catalogue, with the versions that are on its host", () => {
    const found = capabilitiesOf((client, version) => client === "anvil" && version === "1.7.1");
    expect(nodeCapabilities.parse(found)).toEqual(found);
    expect(found.chains.map(({ chain }) => chain)).toEqual(CATALOGUE.map(({ chain }) => chain));
    expect(found.chains.at(-1)).toEqual({
      chain: "dev-ethereum",
      networks: ["dev"],
      nodeTypes: ["full"],
      roles: [
        { role: "node", clients: [{ client: "anvil", versions: ["1.7.1", "1.5.1"], installed: ["1.7.1"] }] },
      ],
    });
  });

  it("are at most 10 kB", () => {
    expect(JSON.stringify(capabilitiesOf(() => true)).length).toBeLessThan(10_000);
  });
});
