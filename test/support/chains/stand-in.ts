import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";

/**
 * Stands in for an execution or a consensus client of Ethereum: reads the arguments that Novacula
 * renders, with the names of both clients of a role, and speaks as much of their protocols as is
 * needed. The consensus client drives the execution client, which accepts only its JWT.
 */

const args = new Map(
  process.argv.slice(2).map((each) => {
    const [name = "", ...value] = each.replace(/^--/u, "").split("=");
    return [name, value.join("=")] as const;
  }),
);

function argument(...names: readonly string[]): string {
  const found = names.map((name) => args.get(name)).find((value) => value !== undefined);
  if (found === undefined) {
    process.stderr.write(`no argument ${names.join(" or ")}\n`);
    process.exit(2);
  }
  return found;
}

const isConsensus = args.has("execution-endpoint") || args.has("execution.urls");
process.on("SIGINT", () => process.exit(0));
// Its chain wants SIGINT; systemd must not send another.
process.on("SIGTERM", () => process.exit(3));
if (isConsensus) {
  runConsensus();
} else {
  runExecution();
}

type Handler = (request: IncomingMessage, body: string) => unknown;

function serve(port: string, handler: Handler): void {
  createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const answer = handler(request, await text(request));
    response.writeHead(answer === undefined ? 401 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  }).listen(Number(port), "127.0.0.1");
}

function runExecution(): void {
  const secret = secretOf(argument("authrpc.jwtsecret"));
  let height = 0;
  const calls = z.array(z.object({ id: z.number(), method: z.string() }));
  serve(argument("http.port"), (_request, body) =>
    calls.parse(JSON.parse(body)).map(({ id, method }) => ({
      jsonrpc: "2.0",
      id,
      result: {
        eth_blockNumber: `0x${height.toString(16)}`,
        eth_syncing: false,
        net_peerCount: "0x3",
        web3_clientVersion: "StandIn/v1",
      }[method],
    })),
  );
  serve(argument("authrpc.port"), ({ headers }) => {
    const [, head, payload, mac] =
      /^Bearer ([^.]+)\.([^.]+)\.([^.]+)$/u.exec(headers.authorization ?? "") ?? [];
    if (mac !== macOf(secret, `${head}.${payload}`)) {
      return undefined;
    }
    height += 1;
    return { jsonrpc: "2.0", id: 1, result: { payloadStatus: { status: "VALID" } } };
  });
}

function runConsensus(): void {
  const secret = secretOf(argument("execution-jwt", "jwtSecret"));
  const endpoint = argument("execution-endpoint", "execution.urls");
  let [slot, isOffline] = [0, true];
  setInterval(async () => {
    const unsigned = [{ alg: "HS256", typ: "JWT" }, { iat: Math.floor(Date.now() / 1000) }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const authorization = `Bearer ${unsigned}.${macOf(secret, unsigned)}`;
    const answer = await fetch(endpoint, { method: "POST", headers: { authorization }, body: "{}" }).catch(
      () => null,
    );
    isOffline = answer?.ok !== true;
    slot += isOffline ? 0 : 1;
  }, 50);
  serve(argument("http-port", "rest.port"), ({ url }) => {
    const distance = isOffline ? 100 : 0;
    const data = {
      "/eth/v1/node/syncing": {
        head_slot: String(slot),
        sync_distance: String(distance),
        is_syncing: isOffline,
        is_optimistic: false,
        el_offline: isOffline,
      },
      "/eth/v1/node/peer_count": { connected: "7", connecting: "0" },
      "/eth/v1/node/version": { version: "StandIn/v2" },
    };
    return { data: Object.entries(data).find(([path]) => path === url)?.[1] };
  });
}

function secretOf(path: string): Buffer {
  return Buffer.from(readFileSync(path, "utf8").trim(), "hex");
}

function macOf(secret: Buffer, unsigned: string): string {
  return createHmac("sha256", secret).update(unsigned).digest("base64url");
}
