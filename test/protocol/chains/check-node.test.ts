import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KnownSetting } from "../../../src/protocol/chains/adapters/adapter.ts";
import { CATALOGUE } from "../../../src/protocol/chains/catalogue.ts";
import { checkNode } from "../../../src/protocol/chains/check-node.ts";
import { NODE_ISSUE_CODES } from "../../../src/protocol/chains/node-issue.ts";
import { portsOf } from "../../../src/protocol/chains/ports.ts";
import { checkDowngrades } from "../../../src/protocol/chains/version-order.ts";
import type { NodeConfig } from "../../../src/protocol/nodes/node-spec.ts";
import { everySpec, nodeSpec } from "../../support/chains/node-specs.ts";
import { runs } from "../../support/runs.ts";

const places = (config: NodeConfig) => checkNode(config).map(({ code, place }) => `${code} ${place}`);

/** A Bitcoin node with one override. */
function withSetting(key: string, value: string): NodeConfig {
  return nodeSpec("bitcoin", "mainnet", { overrides: [{ role: "node", key, value }] });
}

describe("a node that the catalogue knows", () => {
  it.each(everySpec())("%s has no issue", (_name, spec) => {
    expect(checkNode(spec)).toEqual([]);
  });
});

const role = "node";
const WRONG: readonly (readonly [string, NodeConfig, readonly string[]])[] = [
  ["chain", nodeSpec("dogecoin", "mainnet"), ["unknown_chain chain"]],
  ["chain that every object has", nodeSpec("constructor", "mainnet"), ["unknown_chain chain"]],
  ["network", nodeSpec("bitcoin", "testnet"), ["unknown_network network"]],
  ["network that every object has", nodeSpec("bitcoin", "constructor"), ["unknown_network network"]],
  ["node type", nodeSpec("bitcoin", "mainnet", { nodeType: "archive" }), ["unknown_node_type nodeType"]],
  [
    "missing role",
    nodeSpec("ethereum", "hoodi", {
      clients: [{ role: "el", client: "geth", version: "1.16.7", allowDowngrade: false }],
    }),
    ["missing_role clients.cl"],
  ],
  [
    "role",
    nodeSpec("bitcoin", "mainnet", {
      clients: [
        { role, client: "bitcoind", version: "29.0", allowDowngrade: false },
        { role: "el", client: "geth", version: "1.16.7", allowDowngrade: false },
      ],
    }),
    ["unknown_role clients.el"],
  ],
  [
    "client of another role",
    nodeSpec("ethereum", "hoodi", {
      clients: [
        { role: "el", client: "lighthouse", version: "8.0.1", allowDowngrade: false },
        { role: "cl", client: "lighthouse", version: "8.0.1", allowDowngrade: false },
      ],
    }),
    ["unknown_client clients.el"],
  ],
  [
    "version",
    nodeSpec("litecoin", "regtest", {
      clients: [{ role, client: "litecoind", version: "0.21.3", allowDowngrade: false }],
    }),
    ["unknown_version clients.node"],
  ],
  [
    "client twice",
    nodeSpec("bitcoin", "mainnet", {
      clients: [
        { role, client: "bitcoind", version: "28.1", allowDowngrade: false },
        { role, client: "bitcoind", version: "29.0", allowDowngrade: false },
      ],
    }),
    ["duplicate clients.node"],
  ],
  ["managed setting", withSetting("rpcallowip", "0.0.0.0/0"), ["managed_setting overrides.node.rpcallowip"]],
  ["unknown setting", withSetting("frobnicate", "1"), ["unknown_setting overrides.node.frobnicate"]],
  ["value", withSetting("dbcache", "1e3"), ["bad_value overrides.node.dbcache"]],
  [
    "setting twice, once badly",
    nodeSpec("bitcoin", "mainnet", {
      overrides: [
        { role, key: "dbcache", value: "100" },
        { role, key: "dbcache", value: "0100" },
      ],
    }),
    ["duplicate overrides.node.dbcache", "bad_value overrides.node.dbcache"],
  ],
  [
    "role of an override",
    nodeSpec("bitcoin", "mainnet", { overrides: [{ role: "el", key: "cache", value: "1024" }] }),
    ["unknown_role overrides.el.cache"],
  ],
  [
    "limits",
    nodeSpec("bitcoin", "mainnet", {
      limits: ["node", "node", "cl"].map((each) => ({ role: each, memoryBytes: null, cpuMillis: null })),
    }),
    ["duplicate limits.node", "unknown_role limits.cl"],
  ],
  [
    "port",
    nodeSpec("bitcoin", "mainnet", {
      ports: [
        { role, name: "rest", port: 5000 },
        { role: "el", name: "rpc", port: 5001 },
      ],
    }),
    ["unknown_port ports.node.rest", "unknown_role ports.el.rpc"],
  ],
  [
    "port that the network does not have",
    nodeSpec("monero", "regtest", { ports: [{ role, name: "p2p", port: 5000 }] }),
    ["unknown_port ports.node.p2p"],
  ],
  [
    "port twice",
    nodeSpec("bitcoin", "mainnet", {
      ports: [
        { role, name: "rpc", port: 5000 },
        { role, name: "rpc", port: 5001 },
      ],
    }),
    ["duplicate ports.node.rpc"],
  ],
  [
    "port that another process of the node has",
    nodeSpec("ethereum", "hoodi", { ports: [{ role: "cl", name: "rest", port: 8545 }] }),
    ["port_clash ports.cl.rest"],
  ],
  [
    "port that clashes over TCP, where the other has both",
    nodeSpec("ethereum", "hoodi", { ports: [{ role: "el", name: "engine", port: 9000 }] }),
    ["port_clash ports.cl.p2p"],
  ],
];

describe("a wrong entry", () => {
  it.each(WRONG)("%s is refused by name", (_what, config, expected) => {
    expect(places(config)).toEqual(expected);
  });

  it("of every kind has been tried here", () => {
    const versions = checkDowngrades(nodeSpec("bitcoin", "mainnet").clients, () => "99");
    const all = [...WRONG.flatMap(([, config]) => checkNode(config)), ...versions];
    const tried = new Set(all.map(({ code }) => code));
    expect([...tried].sort()).toEqual([...NODE_ISSUE_CODES].sort());
  });

  it("does not hide the others, and the order is always the same", () => {
    const config = nodeSpec("bitcoin", "moon", {
      nodeType: "half",
      clients: [{ role, client: "geth", version: "1", allowDowngrade: false }],
      limits: [{ role: "el", memoryBytes: null, cpuMillis: null }],
      ports: [{ role, name: "rest", port: 5000 }],
    });
    const expected = [
      "unknown_network network",
      "unknown_node_type nodeType",
      "unknown_client clients.node",
      "unknown_role limits.el",
      "unknown_port ports.node.rest",
    ];
    expect(places(config)).toEqual(expected);
    expect(places(config)).toEqual(expected);
  });

  it("is named with what there is instead", () => {
    expect(checkNode(withSetting("rpcbind", "1"))[0]?.message).toBe(
      "rpcbind of bitcoind is decided by Novacula. Leave it out.",
    );
    expect(checkNode(withSetting("dbcache", "3"))[0]?.message).toBe(
      'dbcache of bitcoind cannot be "3". It must be a whole number from 4 to 65536.',
    );
    expect(checkNode(nodeSpec("monero", "moon"))[0]?.message).toBe(
      'There is no network of monero named "moon". Choose one of: mainnet, stagenet, testnet, regtest.',
    );
  });
});

const COMMANDS_AND_DOORS = [
  "rpcbind",
  "rpcallowip",
  "rpcauth",
  "rpcuser",
  "startupnotify",
  "shutdownnotify",
  "blocknotify",
  "walletnotify",
  "alertnotify",
  "conf",
  "-conf",
  "--conf",
  "includeconf",
  "datadir",
  "proxy",
  "bind",
  "whitelist",
  "connect",
  "addnode",
  "zmqpubrawtx",
  "nodbcache",
  "DBCACHE",
  "dbcache\nrpcallowip",
  "regtest.rpcbind",
  "main.rpcbind",
  "[main]",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "",
];

const NASTY = [
  "",
  " ",
  "100\n",
  "100\nrpcallowip=0.0.0.0/0",
  "100\r",
  "100\u0000",
  "\u0000100",
  "100\u2028",
  " 100",
  "100 ",
  "--conf=/x",
  "-100",
  "-0",
  "+100",
  "0100",
  "0x64",
  "1e2",
  "1E2",
  "100.0",
  "100n",
  "1_000",
  "1,000",
  "١٠٠",
  "１００",
  "9".repeat(30),
  "9".repeat(20_000),
  "NaN",
  "Infinity",
  "null",
  "true",
  "$HOME",
  "$(id)",
  "{login}",
  "%n",
  "100#",
];

describe("an override", () => {
  it.each(COMMANDS_AND_DOORS)("of %j is refused, whatever its value", (key) => {
    for (const value of ["1", "100", "true", "x"]) {
      expect(checkNode(withSetting(key, value)).map(({ code }) => code)).toEqual([
        expect.stringMatching(/^(?:managed|unknown)_setting$/u),
      ]);
    }
  });

  it.each(NASTY)("with the value %j is refused where a number is expected", (value) => {
    expect(places(withSetting("dbcache", value))).toEqual(["bad_value overrides.node.dbcache"]);
  });

  it.each([
    ["dbcache", ["4", "65536"], ["3", "65537"]],
    ["prune", ["0", "550", "100000000"], ["1", "549", "100000001", "-1"]],
    ["par", ["-16", "0", "15"], ["-17", "16"]],
    ["txindex", ["true", "false", "1", "0"], ["TRUE", "yes", "2", "", "true\n", "truе"]],
    [
      "assumevalid",
      ["0".repeat(64)],
      ["0", "0".repeat(63), "F".repeat(64), `${"0".repeat(64)}\n`, "g".repeat(64)],
    ],
  ])("of %s accepts its type and range, and no more", (key, good, bad) => {
    expect(good.flatMap((value) => places(withSetting(key, value)))).toEqual([]);
    expect(bad.map((value) => places(withSetting(key, value)))).toEqual(
      bad.map(() => [`bad_value overrides.node.${key}`]),
    );
  });

  it("of a choice accepts the listed ones", () => {
    const order = (value: string) =>
      nodeSpec("dev-ethereum", "dev", { overrides: [{ role, key: "order", value }] });
    expect(checkNode(order("fifo"))).toEqual([]);
    expect(places(order("fees,fifo"))).toEqual(["bad_value overrides.node.order"]);
  });
});

describe("settings that the client refuses together", () => {
  const both = (one: string, other: string): NodeConfig =>
    nodeSpec("bitcoin", "mainnet", {
      overrides: [
        { role, key: "prune", value: one },
        { role, key: "txindex", value: other },
      ],
    });

  it("are refused, unless one of them is off", () => {
    expect(checkNode(both("550", "1")).map(({ message }) => message)).toEqual([
      "prune of bitcoind cannot be on together with txindex. Leave one of them out.",
    ]);
    expect(checkNode(both("0", "true"))).toEqual([]);
    expect(checkNode(both("550", "false"))).toEqual([]);
  });

  it("are refused if one needs another that is not there", () => {
    expect(places(withSetting("peerblockfilters", "1"))).toEqual([
      "bad_value overrides.node.peerblockfilters",
    ]);
    expect(checkNode(withSetting("peerblockfilters", "0"))).toEqual([]);
    expect(
      checkNode({
        ...withSetting("peerblockfilters", "1"),
        overrides: ["peerblockfilters", "blockfilterindex"].map((key) => ({ role, key, value: "true" })),
      }),
    ).toEqual([]);
  });
});

describe("every issue", () => {
  it("is one printable line, whatever the names and values are", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom(...NASTY, "node", "rpc"),
    );
    const roles = fc.oneof(fc.constantFrom("node", "el", "cl"), text);
    const config: fc.Arbitrary<NodeConfig> = fc.record({
      chain: fc.oneof(fc.constantFrom(...CATALOGUE.map(({ chain }) => chain)), text),
      network: fc.oneof(fc.constantFrom("mainnet", "regtest"), text),
      nodeType: text,
      clients: fc.array(
        fc.record({ role: roles, client: text, version: text, allowDowngrade: fc.boolean() }),
        { maxLength: 3 },
      ),
      overrides: fc.array(fc.record({ role: roles, key: text, value: text }), { maxLength: 3 }),
      limits: fc.array(
        fc.record({ role: roles, memoryBytes: fc.constant(null), cpuMillis: fc.constant(null) }),
        {
          maxLength: 2,
        },
      ),
      ports: fc.array(fc.record({ role: roles, name: text, port: fc.integer({ min: 1024, max: 65_535 }) }), {
        maxLength: 3,
      }),
    });
    fc.assert(
      fc.property(config, (given) => {
        const issues = checkNode(given);
        expect(issues.length).toBeGreaterThan(0);
        for (const { place, message } of issues) {
          expect(`${place} ${message}`).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(message.length).toBeLessThan(700);
          expect(place.length).toBeLessThan(250);
        }
        expect(portsOf(given).every(({ port }) => port >= 1024 && port <= 65_535)).toBe(true);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe("the ports of a node", () => {
  it("are those of the network, or those that its spec names", () => {
    expect(portsOf(nodeSpec("bitcoin", "signet", { ports: [{ role, name: "rpc", port: 5000 }] }))).toEqual([
      { role, name: "p2p", port: 38_333, protocol: "tcp", reach: "public" },
      { role, name: "rpc", port: 5000, protocol: "tcp", reach: "loopback" },
    ]);
  });

  it("are on loopback on a network of this host alone", () => {
    for (const [, spec] of everySpec()) {
      const isLocal = ["regtest", "dev"].includes(spec.network);
      const open = portsOf(spec).filter(({ reach }) => reach === "public");
      expect(open.length > 0).toBe(!isLocal);
      expect(open.every(({ name }) => name === "p2p")).toBe(true);
    }
  });

  it("leave out what the network does not have", () => {
    expect(portsOf(nodeSpec("monero", "regtest")).map(({ name }) => name)).toEqual(["rpc"]);
    expect(portsOf(nodeSpec("nothing", "mainnet"))).toEqual([]);
  });
});

describe("the settings of the catalogue", () => {
  it("accept what they say that they accept", () => {
    const least = ({ type }: KnownSetting) =>
      type.kind === "integer" ? [String(type.least), String(type.most)] : [];
    for (const { chain, networks, roles } of CATALOGUE) {
      for (const { role: owner, clients } of roles) {
        for (const { client, versions, knownSettings } of clients) {
          const spec = nodeSpec(chain, networks[0]?.network ?? "");
          const own = spec.clients.map((each) =>
            each.role === owner
              ? { role: owner, client, version: versions[0]?.version ?? "", allowDowngrade: false }
              : each,
          );
          for (const known of knownSettings) {
            for (const value of least(known)) {
              const overrides = [{ role: owner, key: known.key, value }];
              expect(checkNode({ ...spec, clients: own, overrides })).toEqual([]);
            }
          }
        }
      }
    }
  });
});
