import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { eventually } from "../support/eventually.ts";

/** One request as it was answered, with an acceptance. */
export interface Recorded {
  /** `performance.now()` when it had been answered. */
  readonly atMs: number;
  /** The first part of its path, which names the client. */
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RecordingServer extends AsyncDisposable {
  /** The control plane URL of a program called `name`. */
  urlOf(name: string): string;
  /** The first request from `name` since `sinceMs` that `matches`. */
  next(name: string, sinceMs: number, matches?: (request: Recorded) => boolean): Promise<Recorded>;
  countOf(name: string): number;
}

const SKIPPED_HEADERS = new Set(["host", "connection", "content-length"]);
const KEPT = 1000;

/**
 * A control plane that accepts everybody and records when: both sides of a comparison get the same
 * answer.
 */
export async function startRecordingServer(): Promise<RecordingServer> {
  const recorded: Recorded[] = [];
  const counts = new Map<string, number>();
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    void answer(request, response).then((one) => {
      recorded.push(one);
      if (recorded.length > KEPT) {
        recorded.shift();
      }
      counts.set(one.from, (counts.get(one.from) ?? 0) + 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    urlOf: (name) => `http://127.0.0.1:${port}/${name}`,
    next: (name, sinceMs, matches = () => true) =>
      eventually(() => recorded.find((one) => one.from === name && one.atMs >= sinceMs && matches(one)), {
        timeoutMs: 30_000,
        describe: `a request of ${name}`,
      }),
    countOf: (name) => counts.get(name) ?? 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<Recorded> {
  const body = (await buffer(request)).toString();
  response.writeHead(200, { "content-type": "application/json" }).end(REPLY);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string" && !SKIPPED_HEADERS.has(name)) {
      headers[name] = value;
    }
  }
  return { atMs: performance.now(), from: (request.url ?? "").split("/")[1] ?? "", headers, body };
}

const REPLY = JSON.stringify({
  data: {
    syncExecutor: {
      executor: { id: "executor-1", name: "agent-1" },
      key: { id: "key-1", name: "prod", expiresAt: null, revokesAt: null },
      organization: { id: "organization-1", name: "Acme", slug: "acme" },
      heartbeatTimeoutMs: 30_000,
      syncIntervalMs: null,
      restartSpreadMs: 1,
      compatibility: { verdict: "supported", recommendedVersion: null },
      duplicates: [],
      pendingUpgrade: null,
    },
  },
});
