import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../../src/protocol/chains/catalogue.ts";
import { checkDowngrades, mayBeOlder } from "../../../src/protocol/chains/version-order.ts";

const clients = CATALOGUE.flatMap(({ roles }) => roles.flatMap(({ clients: all }) => all));

describe("the order of versions", () => {
  it.each([
    ["28.1", "29.0", true],
    ["29.0", "28.1", false],
    ["29.0", "29.0", false],
    ["0.21.2.1", "0.21.4", true],
    ["0.21.4", "0.21.2.1", false],
    ["9.9", "10.0", true],
    ["1.16.7", "1.9.12", false],
    ["29", "29.0", false],
    ["29.0", "29.0.1", true],
    ["29.0-rc1", "29.0", true],
    ["29.0", "29.0-rc1", true],
    ["29.1-rc1", "29.0", false],
    ["29.0-rc1", "29.0-rc1", false],
  ])("%s may be older than %s: %s", (version, than, isOlder) => {
    expect(mayBeOlder(version, than)).toBe(isOlder);
  });

  it.each(clients.map(({ client, versions }) => [client, versions.map(({ version }) => version)] as const))(
    "%s has its versions in the catalogue from the newest to the oldest",
    (_client, versions) => {
      for (const [index, version] of versions.entries()) {
        const newer = versions.slice(0, index);
        expect(newer.filter((each) => !mayBeOlder(version, each) || mayBeOlder(each, version))).toEqual([]);
      }
    },
  );
});

describe("a version that goes back", () => {
  const older = { role: "node", client: "bitcoind", version: "28.1", allowDowngrade: false };

  it("is refused with the newer version, the reason and the ways out", () => {
    const [issue, ...others] = checkDowngrades([older], () => "29.0");
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ code: "downgrade", place: "clients.node" });
    expect(issue?.message).toMatch(
      /28\.1 is older than 29\.0.*--client node=bitcoind@28\.1 --allow-downgrade/u,
    );
  });

  it("is none if it is allowed, or if nobody knows what has the data", () => {
    expect(checkDowngrades([{ ...older, allowDowngrade: true }], () => "29.0")).toEqual([]);
    expect(checkDowngrades([older], () => undefined)).toEqual([]);
    expect(checkDowngrades([older], () => "28.1")).toEqual([]);
  });
});
