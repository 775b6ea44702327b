import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Rendered,
  type RenderGiven,
  renderNode,
} from "../../../../src/agent/reconciler/render/render-node.ts";
import type { ChainClient } from "../../../../src/protocol/chains/adapters/adapter.ts";
import { CATALOGUE } from "../../../../src/protocol/chains/catalogue.ts";
import { checkNode } from "../../../../src/protocol/chains/check-node.ts";
import type { NodeOverride, NodeSpec } from "../../../../src/protocol/nodes/node-spec.ts";
import { compatibleOverrides, everySpec, exampleOf, nodeSpec } from "../../../support/chains/node-specs.ts";
import { runs } from "../../../support/runs.ts";

const GIVEN: RenderGiven = {
  nodeDir: "/var/lib/novacula/nodes/one",
  dataDir: "/var/lib/novacula-nodes/one",
  programOf: (client, version) => `/usr/lib/novacula/clients/${client}/${version}/${client}`,
  secrets: { rpcPassword: "ab".repeat(32), jwt: "cd".repeat(32) },
};

/** As a golden file has it. */
function textOf(name: string, rendered: Rendered): string {
  if (rendered.kind !== "rendered") {
    throw new Error(JSON.stringify(rendered));
  }
  const parts = rendered.processes.flatMap(({ role, argv, files }) => [
    `--- ${role}.argv`,
    ...argv,
    ...files.flatMap(({ name: file, text }) => [`--- ${file}`, text.trimEnd()]),
  ]);
  return `=== ${name}\n${parts.join("\n")}\n`;
}

/** Each client with as many of its settings overridden as go together. */
function specsWithOverrides(chain: string): readonly (readonly [string, NodeSpec])[] {
  const adapter = CATALOGUE.find((each) => each.chain === chain);
  const count = Math.max(...(adapter?.roles ?? []).map(({ clients }) => clients.length));
  return Array.from({ length: count }, (_none, index) => {
    const chosen = (adapter?.roles ?? []).flatMap(({ role, clients }) => {
      const client = clients[index];
      return client === undefined ? [] : [{ role, client }];
    });
    const clients = chosen.map(({ role, client }) => ({
      role,
      client: client.client,
      version: client.versions[0]?.version ?? "",
      allowDowngrade: false,
    }));
    const overrides = chosen.flatMap(({ role, client }) => compatibleOverrides(role, client));
    const network = adapter?.networks[0]?.network ?? "";
    const names = clients.map(({ client }) => client).join(" ");
    return [
      `${chain} ${network} ${names}, all settings that go together`,
      nodeSpec(chain, network, { clients, overrides }),
    ] as const;
  });
}

describe("the golden files", () => {
  it.each(CATALOGUE.map(({ chain }) => chain))(
    "of %s have what each network, client and version is started with",
    async (chain) => {
      const specs = everySpec().filter(([, spec]) => spec.chain === chain);
      const text = [...specs, ...specsWithOverrides(chain)]
        .map(([name, spec]) => textOf(name, renderNode(spec, GIVEN)))
        .join("\n");
      await expect(text).toMatchFileSnapshot(`golden/${chain}.txt`);
    },
  );
});

describe("a node", () => {
  it.each(everySpec())("%s is rendered into printable lines, and opens no RPC to others", (_name, spec) => {
    const text = textOf("", renderNode(spec, GIVEN));
    expect(text).toMatch(/^[\x20-\x7e\n]*$/u);
    const open = text.split("\n").filter((line) => line.includes("0.0.0.0") || line.includes("::"));
    const isLocal = CATALOGUE.some(
      ({ chain, networks }) =>
        chain === spec.chain &&
        networks.some(({ network, isLocal: local }) => network === spec.network && local),
    );
    expect(isLocal ? open : []).toEqual([]);
    expect(open.filter((line) => /rpc|http|rest|engine/iu.test(line))).toEqual([]);
  });

  it("has no secret in its arguments", () => {
    for (const [, spec] of everySpec()) {
      const rendered = renderNode(spec, GIVEN);
      const argv = rendered.kind === "rendered" ? rendered.processes.flatMap((each) => each.argv) : [];
      expect(argv.length).toBeGreaterThan(1);
      expect(argv.filter((each) => each.includes("abab") || each.includes("cdcd"))).toEqual([]);
    }
  });

  it("gets the hash of its password only, and always the same text", () => {
    const [first, again] = [0, 1].map(() => textOf("", renderNode(nodeSpec("bitcoin", "mainnet"), GIVEN)));
    expect(again).toBe(first);
    const [, salt = "", mac = ""] =
      /^rpcauth=novacula:([0-9a-f]{32})\$([0-9a-f]{64})$/mu.exec(first ?? "") ?? [];
    expect(mac).toBe(createHmac("sha256", salt).update("ab".repeat(32)).digest("hex"));
    expect(first).not.toContain("ab".repeat(32));
  });

  it("listens where its spec says", () => {
    const ports = [
      { role: "el", name: "engine", port: 20_001 },
      { role: "cl", name: "rest", port: 20_002 },
    ];
    const text = textOf("", renderNode(nodeSpec("ethereum", "hoodi", { ports }), GIVEN));
    expect(text).toContain("--authrpc.port=20001\n");
    expect(text).toContain("--execution-endpoint=http://127.0.0.1:20001\n");
    expect(text).toContain("--http-port=20002\n");
  });

  it("is not rendered without its program, and says where that was looked for", () => {
    const spec = nodeSpec("ethereum", "hoodi");
    const given = { ...GIVEN, programOf: (client: string) => (client === "geth" ? "/geth" : undefined) };
    expect(renderNode(spec, given)).toEqual({
      kind: "binary_missing",
      client: "lighthouse",
      version: "8.0.1",
      looked: ["/usr/lib/novacula/clients/lighthouse/8.0.1/lighthouse"],
    });
  });

  it("is not rendered from a bad spec, and says all that is bad", () => {
    const overrides = [
      { role: "node", key: "rpcbind", value: "0.0.0.0" },
      { role: "node", key: "dbcache", value: "lots" },
    ];
    const rendered = renderNode(nodeSpec("bitcoin", "mainnet", { overrides }), GIVEN);
    expect(rendered.kind === "bad_spec" && rendered.issues.map(({ code, place }) => [code, place])).toEqual([
      ["managed_setting", "overrides.node.rpcbind"],
      ["bad_value", "overrides.node.dbcache"],
    ]);
  });

  it.each([
    ["a program", { programOf: () => "/usr/bin/a\nb" }],
    ["a folder", { dataDir: "/data\n-startupnotify=x" }],
    ["a password", { secrets: { rpcPassword: "a\nrpcallowip=0.0.0.0/0" } }],
  ])("is not rendered with a line break in %s", (what, change) => {
    const render = () => renderNode(nodeSpec("monero", "mainnet"), { ...GIVEN, ...change });
    expect(render, what).toThrow("not one line of printable ASCII");
  });
});

const every: readonly {
  readonly chain: string;
  readonly network: string;
  readonly role: string;
  readonly client: ChainClient;
}[] = CATALOGUE.flatMap(({ chain, networks, roles }) =>
  networks.flatMap(({ network }) =>
    roles.flatMap(({ role, clients }) => clients.map((client) => ({ chain, network, role, client }))),
  ),
);

const nastyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "1\nstartupnotify=x",
    "1\r\n",
    "1\u0000",
    "1 --x",
    "--conf=/etc/passwd",
    "1\u2028x",
    "٣",
    "１",
    "1e3",
    "0x10",
    "+1",
    "01",
    "1.0",
    " 1",
    "1 ",
    "-0",
    "9".repeat(40),
    "true\n",
    "TRUE",
    "$(id)",
    "{login}",
    "{data}",
    "",
    "__proto__",
    "constructor",
  ),
  fc.integer().map(String),
  fc.constantFrom("true", "false", "0", "1", "fees", "safe", "snap"),
);

describe("any overrides that are accepted", () => {
  it("add one line or one argument each, at most, and change no other", () => {
    const override = (client: ChainClient, role: string): fc.Arbitrary<NodeOverride> =>
      fc.oneof(
        fc.constantFrom(...client.knownSettings).chain((known) =>
          fc.record({
            role: fc.constant(role),
            key: fc.constant(known.key),
            value: fc.oneof(fc.constant(exampleOf(known)), fc.constant(exampleOf(known)), nastyText),
          }),
        ),
        fc.record({ role: fc.constant(role), key: nastyText, value: nastyText }),
      );
    const arbitrary = fc
      .constantFrom(...every)
      .chain((each) =>
        fc
          .array(override(each.client, each.role), { maxLength: 4 })
          .map((overrides) => ({ ...each, overrides })),
      );
    let accepted = 0;
    fc.assert(
      fc.property(arbitrary, ({ chain, network, role, client, overrides }) => {
        const plain = nodeSpec(chain, network);
        const clients = plain.clients.map((each) =>
          each.role === role
            ? { ...each, client: client.client, version: client.versions[0]?.version ?? "" }
            : each,
        );
        const spec = { ...plain, clients, overrides };
        const rendered = renderNode(spec, GIVEN);
        if (checkNode(spec).length > 0) {
          expect(rendered.kind).toBe("bad_spec");
          return;
        }
        accepted += overrides.length;
        const before = textOf("", renderNode({ ...spec, overrides: [] }, GIVEN)).split("\n");
        const after = textOf("", rendered).split("\n");
        const added = after.filter((line) => !before.includes(line));
        expect(after.filter((line) => before.includes(line))).toEqual(before);
        expect(added.length).toBeLessThanOrEqual(overrides.length);
        for (const line of added) {
          expect(overrides.some(({ key }) => line.replace(/^--/u, "").split("=")[0] === key)).toBe(true);
        }
      }),
      { numRuns: runs(3000) },
    );
    expect(accepted).toBeGreaterThan(300);
  });
});
