import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { NOTHING_HERE } from "../protocol/answer-mark.ts";
import { HEALTH_PATHS, type HealthDeps, serveHealth } from "./health/health-route.ts";
import type { ReadinessCheck } from "./health/readiness.ts";
import { MARKED, send } from "./http/http-answer.ts";
import { refuseOtherHost } from "./http/loopback-only.ts";
import { serveBrowser } from "./page/browser-route.ts";
import { builtPage } from "./page/built-page.ts";
import type { PageAssets } from "./page/page-assets.ts";
import type { People } from "./people/people.ts";

interface NetworkDeps {
  readonly people?: People | undefined;
  readonly pageAssets?: PageAssets;
  readonly servesOnlyLoopback?: boolean;
}

/** Answers the page and people's sign-in; the rest is for `programs`. */
export function answerNetwork(
  deps: NetworkDeps,
  readiness: ReadinessCheck,
  programs: RequestListener,
): RequestListener {
  const pageAssets = deps.pageAssets ?? builtPage();
  return (request, response) => {
    if (readiness.isDraining) {
      response.shouldKeepAlive = false;
    }
    if (deps.servesOnlyLoopback === true && refuseOtherHost(request, response)) {
      return;
    }
    if (!serveBrowser(request, response, deps.people, pageAssets)) {
      programs(request, response);
    }
  };
}

/** Answers `/graphql` and the probes. */
export async function answerPrograms(
  request: IncomingMessage,
  response: ServerResponse,
  graphql: () => Promise<void>,
  health: HealthDeps,
): Promise<void> {
  const path = request.url?.split("?", 1)[0] ?? "";
  if (path === "/graphql") {
    if (request.method === "POST") {
      return graphql();
    }
    return send(response, {
      status: 405,
      headers: { ...MARKED, Allow: "POST" },
      body: { message: "POST a GraphQL request" },
    });
  }
  if (HEALTH_PATHS.has(path)) {
    return serveHealth(request, response, path, health);
  }
  send(response, { status: 404, headers: MARKED, body: { message: NOTHING_HERE } });
}
