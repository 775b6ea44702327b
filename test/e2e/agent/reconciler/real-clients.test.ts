import { request } from "node:http";
import { json } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { askLocally } from "../../../../src/agent/reconciler/probe/local-rpc.ts";
import { silent } from "../../../../src/agent/reconciler/probe/probe-reading.ts";
import { Programs } from "../../../../src/agent/reconciler/render/programs.ts";
import { adapterOf } from "../../../../src/protocol/chains/catalogue.ts";
import { anvilOf, nodeOnTrial } from "../../../support/chains/client-process.ts";
import { compatibleOverrides, nodeSpec } from "../../../support/chains/node-specs.ts";
import { lacks } from "../../../support/requires.ts";

/** Real clients, started from nothing but the rendered arguments and files. */

const SLOW_MS = 180_000;
const WRONG = { rpcPassword: "0".repeat(64) };

/** Of Monero's own tests. */
const ADDRESS =
  "42ey1afDFnn4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJJQAWDm";

const programs = new Programs();
await programs.refresh();

/** The version of a client that this machine's system has. */
function installed(client: string, versions: readonly string[]): string | undefined {
  return versions.find((version) => programs.programOf(client, version) !== undefined);
}

const litecoind = installed("litecoind", ["0.21.2.1", "0.21.4"]);
const monerod = installed("monerod", ["0.18.0.0", "0.18.4.0"]);

/** Calls a method of a JSON-RPC server; the password, if any, goes as Bitcoin Core wants it. */
async function call(
  port: number,
  method: string,
  params: unknown,
  password?: string,
  path = "/",
): Promise<unknown> {
  const headers = {
    "content-type": "application/json",
    ...(password !== undefined && { authorization: `Basic ${btoa(`novacula:${password}`)}` }),
  };
  const sent = request({ host: "127.0.0.1", port, path, method: "POST", headers });
  sent.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  sent.on("response", (answer) => resolve(json(answer)));
  sent.on("error", reject);
  return promise;
}

/** Has monerod make two blocks; a slow machine answers later than the probe waits. */
async function mine(port: number, password: string): Promise<void> {
  const login = { kind: "digest", user: "novacula", password } as const;
  const params = { amount_of_blocks: 2, wallet_address: ADDRESS };
  await askLocally(port, login, new AbortController().signal, async (rpc) => {
    await rpc.post("/json_rpc", { jsonrpc: "2.0", id: "0", method: "generateblocks", params });
    return silent("no reading");
  });
}

describe("litecoind", () => {
  it.skipIf(lacks("litecoind", litecoind !== undefined))(
    "grows, keeps its chain over a stop, and refuses a wrong password",
    { timeout: SLOW_MS },
    async () => {
      const clients = [
        { role: "node", client: "litecoind", version: litecoind ?? "", allowDowngrade: false },
      ];
      const node = await nodeOnTrial(
        nodeSpec("litecoin", "regtest", {
          clients,
          overrides: [
            { role: "node", key: "dbcache", value: "8" },
            { role: "node", key: "txindex", value: "true" },
          ],
        }),
        (client, version) => programs.programOf(client, version),
      );
      const first = node.start("node");
      const before = await first.answers();
      expect(before).toMatchObject({ height: 0, targetHeight: 0, peers: 0, progress: 1, isBehind: false });
      expect(before.version).toContain(litecoind);
      const port = node.portOf("node", "rpc");
      await call(port, "generatetodescriptor", [3, "raw(51)"], node.secrets.rpcPassword);
      expect(await first.answers()).toMatchObject({ height: 3, targetHeight: 3, isBehind: false });
      expect(await first.probe(WRONG)).toEqual({
        kind: "silent",
        why: "it refused the agent's password (HTTP 401)",
      });
      expect(await first.stop()).toBe(0);
      expect(await first.probe()).toEqual({ kind: "silent", why: "nothing listens on its RPC port" });
      const second = node.start("node");
      expect(await second.answers()).toMatchObject({ height: 3 });
      expect(await second.stop()).toBe(0);
    },
  );
});

describe("monerod", () => {
  it.skipIf(lacks("monerod", monerod !== undefined))(
    "grows, keeps its chain over a stop, and refuses a wrong password",
    { timeout: SLOW_MS },
    async () => {
      const clients = [{ role: "node", client: "monerod", version: monerod ?? "", allowDowngrade: false }];
      const node = await nodeOnTrial(
        nodeSpec("monero", "regtest", {
          clients,
          overrides: [
            { role: "node", key: "prune-blockchain", value: "false" },
            { role: "node", key: "pad-transactions", value: "true" },
            { role: "node", key: "max-concurrency", value: "1" },
          ],
        }),
        (client, version) => programs.programOf(client, version),
      );
      const first = node.start("node");
      expect(await first.answers()).toMatchObject({ height: 1, peers: 0, progress: 1, isBehind: false });
      expect(await first.probe(WRONG)).toEqual({
        kind: "silent",
        why: "it refused the agent's password (HTTP 401)",
      });
      await mine(node.portOf("node", "rpc"), node.secrets.rpcPassword ?? "");
      expect(await first.answers(({ height }) => height === 3)).toMatchObject({
        targetHeight: 3,
        isBehind: false,
      });
      expect(await first.stop()).toBe(0);
      const second = node.start("node");
      expect(await second.answers()).toMatchObject({ height: 3 });
      expect(await second.stop()).toBe(0);
    },
  );
});

/** npm has it for x64 only, so CI need not have it elsewhere. */
function hasNoAnvil(version: string, program: string | undefined): boolean {
  if (process.arch !== "x64") {
    process.stderr.write(`skipped, for there is no anvil of npm for ${process.arch}\n`);
    return true;
  }
  return lacks(`anvil ${version}`, program !== undefined);
}

describe.each(["1.5.1", "1.7.1"])("anvil %s", (version) => {
  const program = anvilOf(version);
  it.skipIf(hasNoAnvil(version, program))(
    "grows, and keeps its chain over a stop",
    { timeout: SLOW_MS },
    async () => {
      const clients = [{ role: "node", client: "anvil", version, allowDowngrade: false }];
      const node = await nodeOnTrial(
        nodeSpec("dev-ethereum", "dev", {
          clients,
          overrides: [
            { role: "node", key: "accounts", value: "2" },
            { role: "node", key: "no-mining", value: "true" },
          ],
        }),
        () => program,
      );
      const first = node.start("node");
      const before = await first.answers();
      expect(before).toMatchObject({ height: 0, targetHeight: 0, isBehind: false, progress: 1 });
      expect(before.version).toContain(version);
      await call(node.portOf("node", "rpc"), "anvil_mine", ["0x5"]);
      expect(await first.answers()).toMatchObject({ height: 5 });
      expect(await first.stop()).toBe(0);
      const second = node.start("node");
      expect(await second.answers()).toMatchObject({ height: 5 });
      expect(await second.stop()).toBe(0);
    },
  );
});

const ON_THIS_MACHINE: readonly (readonly [string, string, string | undefined, string | undefined])[] = [
  ["litecoin", "litecoind", litecoind, programs.programOf("litecoind", litecoind ?? "")],
  ["monero", "monerod", monerod, programs.programOf("monerod", monerod ?? "")],
  ["dev-ethereum", "anvil", "1.5.1", anvilOf("1.5.1")],
  ["dev-ethereum", "anvil", "1.7.1", anvilOf("1.7.1")],
];

describe.each(ON_THIS_MACHINE)("%s %s %s", (chain, client, version = "", program) => {
  it.skipIf(program === undefined).each(["least", "most"] as const)(
    "knows every setting of the catalogue, and starts with the %s of each",
    { timeout: SLOW_MS },
    async (end) => {
      const known = adapterOf(chain)?.roles.flatMap(({ clients }) => clients) ?? [];
      const overrides = known.flatMap((each) =>
        each.client === client ? compatibleOverrides("node", each, end) : [],
      );
      expect(overrides.length).toBeGreaterThan(5);
      const network = adapterOf(chain)?.networks.at(-1)?.network ?? "";
      const clients = [{ role: "node", client, version, allowDowngrade: false }];
      const node = await nodeOnTrial(nodeSpec(chain, network, { clients, overrides }), () => program);
      const process = node.start("node");
      await process.answers();
      expect(await process.stop()).toBe(0);
      expect(process.output()).not.toMatch(/unknown configuration|unrecogni[sz]ed/iu);
    },
  );
});
