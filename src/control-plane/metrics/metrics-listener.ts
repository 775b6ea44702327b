import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { errorChain } from "../../lib/errors.ts";
import { send } from "../http/http-answer.ts";
import type { Metrics } from "./metrics.ts";

/** One reader, or a few. More would take descriptors from the executors. */
const MAX_CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;

/** `127.0.0.1:9464`, as METRICS_ADDRESS has it. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Serves the figures to everybody who can reach the address. It is not the executors' port, so that
 * no stranger reads them. Rejects with a CommandError if the address cannot be listened on.
 */
export async function serveMetrics(
  metrics: Metrics,
  { host, port }: MetricsAddress,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(
    { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
    (request, response) => {
      // Figures are never worth the end of the control plane.
      answer(metrics, request, response).catch(() => {
        send(response, { status: 500, body: { message: "the metrics could not be read" } });
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = TIMEOUT_MS;
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    throw new CommandError("failed", `cannot listen on METRICS_ADDRESS: ${errorChain(error)}`, {
      fix: "set METRICS_ADDRESS to an address of this host and a free port, such as 127.0.0.1:9464",
    });
  }
  return { url: urlOf(server, host), close: () => close(server) };
}

async function answer(metrics: Metrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.split("?", 1)[0] !== "/metrics") {
    return send(response, { status: 404, body: { message: "the metrics are at /metrics" } });
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return send(response, { status: 405, headers: { Allow: "GET, HEAD" }, body: { message: "GET it" } });
  }
  const { contentType, text } = await metrics.read();
  response.writeHead(200, { "Content-Type": contentType, "Cache-Control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : text);
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : "";
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/metrics`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
