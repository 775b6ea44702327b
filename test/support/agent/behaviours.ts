import { gzipSync } from "node:zlib";
import type { Behaviour, Exchange } from "./faulty-server.ts";

/**
 * Newlines before journal priorities and systemd assignments, an escape, bidi and zero-width marks.
 */
export const HOSTILE_TEXT =
  "bad\n<0>panic\r\nMAINPID=1\nSTOPPING=1\u001b[2J\u001b]0;title\u0007\u202egnp.exe\u2066\u200b\u0000\u0085\u2028end";

export const LONG_NAME = "n".repeat(1024 * 1024);

/** A reply of the control plane, with `name` in every place for a name. */
export function replyTo({ request }: Exchange, name: string): object {
  const key = { id: "key-1", name, expiresAt: null, revokesAt: null };
  const organization = { id: "org-1", name, slug: name };
  if (request.operationName === "CurrentKey") {
    return { data: { currentKey: { key, organization } } };
  }
  const syncExecutor = {
    executor: { id: "executor-1", name },
    key,
    organization,
    heartbeatTimeoutMs: 30_000,
    syncIntervalMs: null,
    restartSpreadMs: null,
    compatibility: { verdict: "supported", recommendedVersion: name },
    duplicates: [{ instanceId: "instance-2", hostName: name, address: name, lastSyncAt: 1 }],
    pendingUpgrade: null,
  };
  return { data: { syncExecutor } };
}

export const accepted: Behaviour = (exchange) => {
  json(200, replyTo(exchange, "agent-1"))(exchange);
};

export function json(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return ({ response }) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

export function html(
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return ({ response }) => {
    const page = `<!doctype html><html><head><title>${title}</title></head><body>${title}</body></html>`;
    response.writeHead(status, { "content-type": "text/html", ...headers }).end(page);
  };
}

export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return ({ response }) => {
    response.writeHead(status, headers).end();
  };
}

/** `errors` as a GraphQL server reports them; `data` is left out when undefined. */
export function failure(code: string, more: object = {}, data?: object | null): object {
  const errors = [{ message: "Unauthorized", path: ["syncExecutor"], extensions: { code, ...more } }];
  return data === undefined ? { errors } : { errors, data };
}

export function drip({ response }: Exchange): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 1000);
  response.write("{");
  response.on("close", () => clearInterval(timer));
}

export function cutMidBody({ response }: Exchange): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"data":{', () => response.destroy());
}

/** Sends as fast as the client reads, so that only the client's own limit ends it. */
export function huge(status: number): Behaviour {
  return ({ response }) => {
    const chunk = Buffer.alloc(65_536, " ");
    let leftBytes = 1024 ** 3;
    const write = () => {
      while (leftBytes > 0 && !response.destroyed) {
        leftBytes -= chunk.length;
        if (!response.write(chunk)) {
          response.once("drain", write);
          return;
        }
      }
      response.end();
    };
    response.writeHead(status, { "content-type": "application/json" });
    write();
  };
}

/** 64 MiB of blanks in 64 KiB. */
export function gzipBomb(status: number): Behaviour {
  return ({ response }) => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    response.writeHead(status, headers).end(gzipSync(Buffer.alloc(64 * 1024 * 1024, " ")));
  };
}
