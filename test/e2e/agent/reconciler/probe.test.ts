import { once } from "node:events";
import { createServer, type Server } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { probeBitcoin } from "../../../../src/agent/reconciler/probe/bitcoin-probe.ts";
import { probeBeacon, probeEthereum } from "../../../../src/agent/reconciler/probe/ethereum-probe.ts";
import { probeMonero } from "../../../../src/agent/reconciler/probe/monero-probe.ts";
import { probeProcess } from "../../../../src/agent/reconciler/probe/probe.ts";
import type { ProbeReading } from "../../../../src/agent/reconciler/probe/probe-reading.ts";
import { FAULTS } from "../../../support/agent/faults.ts";
import { type Behaviour, startFaultyServer } from "../../../support/agent/faulty-server.ts";
import { nodeSpec } from "../../../support/chains/node-specs.ts";
import { freePort, portOf } from "../../../support/free-port.ts";

const SECRETS = { rpcPassword: "5ec2e7".repeat(10) };
const NEVER = new AbortController().signal;

/** Chain, network, role, and the port that is asked. */
const ASKED = [
  ["litecoin", "mainnet", "node", "rpc"],
  ["monero", "mainnet", "node", "rpc"],
  ["ethereum", "hoodi", "el", "rpc"],
  ["ethereum", "hoodi", "cl", "rest"],
] as const;

type Asked = (typeof ASKED)[number];

function ask([chain, network, role, name]: Asked, port: number, signal = NEVER): Promise<ProbeReading> {
  return probeProcess(nodeSpec(chain, network, { ports: [{ role, name, port }] }), role, SECRETS, signal);
}

const line = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,160}$/u);
const amount = z.int().min(0).nullable();
/** What the rest of the agent relies on, whatever a client answers. */
const boundedReading = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("silent"), why: line }),
  z.strictObject({
    kind: z.literal("answered"),
    height: amount,
    targetHeight: amount,
    peers: amount,
    progress: z.number().min(0).max(1).nullable(),
    isBehind: z.boolean(),
    version: line.max(64).nullable(),
  }),
]);

function expectBounded(reading: ProbeReading): void {
  expect(boundedReading.safeParse(reading).error).toBeUndefined();
  expect(JSON.stringify(reading)).not.toContain(SECRETS.rpcPassword);
}

describe("a server that is wrong in any way", () => {
  it("is silent, with a reason, after 5 s at the latest", { timeout: 180_000 }, async () => {
    const cases = ASKED.flatMap((asked) => FAULTS.map((fault) => ({ asked, ...fault })));
    await Promise.all(
      cases.map(async ({ asked, name, behaviour, expected }) => {
        await using server = await startFaultyServer();
        server.respond(behaviour);
        const reading = await ask(asked, server.port);
        expectBounded(reading);
        const why = expected.lastsUntilDeadline === true ? "no answer within 5 s" : expect.any(String);
        expect({ name, ...reading }).toEqual({ name, kind: "silent", why });
      }),
    );
  });
});

describe.each(ASKED.map((asked) => [asked.join(" "), asked] as const))(
  "a server in the place of %s",
  (_name, asked) => {
    it("that does not answer is given up when the caller gives up", async () => {
      await using server = await startFaultyServer();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.respond(() => resolve());
      const caller = new AbortController();
      const asking = ask(asked, server.port, caller.signal);
      await promise;
      caller.abort();
      expect(await asking).toEqual({ kind: "silent", why: "not asked to the end" });
    });

    it("that is not there is named so", async () => {
      expect(await ask(asked, await freePort())).toEqual({
        kind: "silent",
        why: "nothing listens on its RPC port",
      });
    });

    it("is asked nowhere else when it redirects", async () => {
      await using server = await startFaultyServer();
      server.respond(({ response, elsewhereUrl }) =>
        response.writeHead(307, { location: elsewhereUrl }).end(),
      );
      expect((await ask(asked, server.port)).kind).toBe("silent");
      expect(server.elsewhere).toEqual([]);
    });

    it.each([
      ["deep lists", "[".repeat(200_000)],
      ["deep lists that end", "[".repeat(100_000) + "]".repeat(100_000)],
      ["deep objects", '{"a":'.repeat(40_000)],
      ["more than 256 kB", JSON.stringify({ result: "x".repeat(300_000) })],
      ["a number that is no number", '{"result":{"height":1e999}}'],
      ["a prototype", '{"__proto__":{"result":{}},"result":{"__proto__":null}}'],
      ["null", "null"],
      ["a list of null", "[null,null]"],
    ])("that answers with %s is silent", async (_what, body) => {
      await using server = await startFaultyServer();
      server.respond(({ response }) =>
        response.writeHead(200, { "content-type": "application/json" }).end(body),
      );
      const reading = await ask(asked, server.port);
      expectBounded(reading);
      expect(reading.kind).toBe("silent");
    });
  },
);

/** A server that speaks no HTTP. */
async function rawServer(answer: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("a digest challenge", () => {
  it.each([
    "Digest",
    "Digest realm=",
    'Digest realm="a", nonce="b"',
    'Digest realm="a", nonce="b", algorithm=SHA-256',
    'Digest realm="a\\"b", nonce="c"',
    `Digest realm="${"a".repeat(10_000)}", nonce="b"`,
    `Digest ${'x="y",'.repeat(2000)}`,
    "Basic realm=x",
    "",
  ])("%s is answered once at most", async (challenge) => {
    await using server = await startFaultyServer();
    server.respond(({ response }) => response.writeHead(401, { "www-authenticate": challenge }).end());
    const reading = await ask(ASKED[1], server.port);
    expect(reading).toEqual({ kind: "silent", why: "it refused the agent's password (HTTP 401)" });
    expect(server.requests.length).toBeLessThanOrEqual(2);
    expect(server.connectionCount()).toBe(1);
  });

  it("cannot put a header of its own into the next request", async () => {
    await using raw = await rawServer(
      'HTTP/1.1 401 No\r\nwww-authenticate: Digest realm="a\rX: y", nonce="b"\r\ncontent-length: 0\r\n\r\n',
    );
    expectBounded(await ask(ASKED[1], portOf(raw)));
  });
});

/** JSON that is often nearly right. */
function nearly(right: readonly string[]): fc.Arbitrary<unknown> {
  const { value } = fc.letrec<{ readonly value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<unknown>(
        null,
        true,
        false,
        0,
        1,
        -1,
        0.5,
        1e308,
        2 ** 60,
        "",
        "12",
        "0x1f",
        "0xffffffffffffffff",
        "-1",
        "a\nb\u202e",
        [],
      ),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...right, "id", "result", "error", "message", "data"), tie("value"), {
        maxKeys: 8,
      }),
    ),
  }));
  return value;
}

const WORDS = {
  bitcoin: ["blocks", "headers", "verificationprogress", "initialblockdownload", "connections", "subversion"],
  monero: [
    "height",
    "target_height",
    "synchronized",
    "version",
    "incoming_connections_count",
    "busy_syncing",
  ],
  ethereum: ["currentBlock", "highestBlock"],
  beacon: ["head_slot", "sync_distance", "is_syncing", "is_optimistic", "el_offline", "version", "connected"],
};

describe("any JSON as an answer", () => {
  it.each([
    ["bitcoin", probeBitcoin],
    ["monero", probeMonero],
    ["ethereum", probeEthereum],
    ["beacon", probeBeacon],
  ] as const)("of %s gives a bounded reading", async (name, probe) => {
    const plain = nearly(WORDS[name]);
    const listed = fc
      .array(plain, { maxLength: 4 })
      .map((results) => results.map((result, id) => ({ id, result, error: null })));
    const wrapped = fc.oneof(plain, listed, fc.record({ result: plain }), fc.record({ data: plain }));
    const targets = fc.record({ isLocal: fc.boolean(), syncMarginBlocks: fc.nat(10) });
    await fc.assert(
      fc.asyncProperty(wrapped, targets, async (answer, target) => {
        const rpc = { post: async () => answer, get: async () => answer };
        expectBounded(await probe(rpc, target));
      }),
      { numRuns: 2000 },
    );
  });
});

/** Answers each method or path with what is given. */
function answering(answers: Readonly<Record<string, unknown>>): Behaviour {
  return ({ request, response }) => {
    const found = answers[request.path] ?? answers["/"];
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
  };
}

const batch = (...results: readonly unknown[]) => ({
  "/": results.map((result, id) => ({ id, result, error: null })),
});
const chain = (blocks: number, headers: number, isFirst = false, progress = 0.5) => ({
  blocks,
  headers,
  verificationprogress: progress,
  initialblockdownload: isFirst,
});
const beacon = (more: object) => ({
  "/eth/v1/node/syncing": {
    data: {
      head_slot: "90",
      sync_distance: "10",
      is_syncing: false,
      is_optimistic: false,
      el_offline: false,
      ...more,
    },
  },
  "/eth/v1/node/peer_count": { data: { connected: "5" } },
  "/eth/v1/node/version": { data: { version: "Lighthouse/v8" } },
});

const READINGS: readonly (readonly [string, Asked, Readonly<Record<string, unknown>>, object])[] = [
  [
    "bitcoin behind",
    ASKED[0],
    batch(chain(90, 100), { connections: 8 }),
    { height: 90, targetHeight: 100, peers: 8, progress: 0.5, isBehind: true },
  ],
  ["bitcoin within the margin", ASKED[0], batch(chain(97, 100)), { isBehind: false, peers: null }],
  ["bitcoin in its first download", ASKED[0], batch(chain(100, 100, true)), { isBehind: true }],
  ["bitcoin with odd progress", ASKED[0], batch(chain(100, 100, false, 1.00001)), { progress: 1 }],
  [
    "bitcoin that starts",
    ASKED[0],
    { "/": [{ id: 0, result: null, error: { code: -28, message: "Loading block index…" } }] },
    { kind: "silent", why: "it answers: Loading block index…" },
  ],
  [
    "monero behind",
    ASKED[1],
    {
      "/json_rpc": {
        result: {
          height: 50,
          target_height: 200,
          outgoing_connections_count: 3,
          incoming_connections_count: 4,
          synchronized: false,
        },
      },
    },
    { height: 50, targetHeight: 200, progress: 0.25, peers: 7, isBehind: true },
  ],
  [
    "monero in step",
    ASKED[1],
    { "/json_rpc": { result: { height: 50, target_height: 0, synchronized: true, version: "0.18.4.0" } } },
    { targetHeight: 50, isBehind: false, version: "0.18.4.0" },
  ],
  [
    "geth without a consensus client",
    ASKED[2],
    batch("0x0", false, "0x0", "Geth/v1"),
    { height: 0, progress: 0, isBehind: true, version: "Geth/v1" },
  ],
  [
    "geth that syncs",
    ASKED[2],
    batch("0x32", { currentBlock: "0x32", highestBlock: "0x64" }),
    { height: 50, targetHeight: 100, progress: 0.5, isBehind: true },
  ],
  ["geth in step", ASKED[2], batch("0x64", false, "0x10"), { height: 100, peers: 16, isBehind: false }],
  [
    "lighthouse in step",
    ASKED[3],
    beacon({}),
    { height: 90, targetHeight: 100, peers: 5, isBehind: false, version: "Lighthouse/v8" },
  ],
  ["lighthouse without its execution client", ASKED[3], beacon({ el_offline: true }), { isBehind: true }],
  ["lighthouse that syncs", ASKED[3], beacon({ is_syncing: true }), { isBehind: true }],
];

describe("the reading of", () => {
  it.each(READINGS)("%s", async (_name, asked, answers, expected) => {
    await using server = await startFaultyServer();
    server.respond(answering(answers));
    const reading = await ask(asked, server.port);
    expectBounded(reading);
    expect(reading).toMatchObject(expected);
  });

  it("a process that the catalogue does not have is silent", async () => {
    expect(await probeProcess(nodeSpec("bitcoin", "mainnet"), "el", {}, NEVER)).toMatchObject({
      kind: "silent",
    });
    expect(await probeProcess(nodeSpec("nothing", "mainnet"), "node", {}, NEVER)).toMatchObject({
      kind: "silent",
    });
  });
});
