import type { IncomingMessage, ServerResponse } from "node:http";
import { send } from "../http/http-answer.ts";
import type { ReadinessCheck } from "./readiness.ts";

/** `/healthz` is the older name of `/readyz`. */
const READINESS_PATHS: ReadonlySet<string> = new Set(["/readyz", "/healthz"]);
const LIVENESS_PATH = "/livez";

/** Paths that programs ask, with nobody signed in. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set([LIVENESS_PATH, ...READINESS_PATHS]);

export interface HealthDeps {
  readonly readiness: ReadinessCheck;
  readonly version: string;
}

/**
 * Answers the probes; `path` is one of `HEALTH_PATHS`. `/livez` asks whether the process should be
 * killed: a database that is down is no reason, or an outage would end every replica. `/readyz`
 * asks whether requests should come here: 200, or 503 with the reason.
 */
export async function serveHealth(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { readiness, version }: HealthDeps,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return send(response, { status: 405, headers: { Allow: "GET, HEAD" }, body: { message: "GET it" } });
  }
  if (path === LIVENESS_PATH) {
    return send(response, { status: 200, body: { status: "ok", version } });
  }
  const judged = await readiness.judge();
  if (judged.isReady) {
    const { warning } = judged;
    return send(response, {
      status: 200,
      body: { status: "ok", version, ...(warning !== undefined && { warning }) },
    });
  }
  const { reason } = judged;
  send(response, { status: 503, body: { status: "unavailable", reason, version } });
}
