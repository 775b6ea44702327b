import { isLoopbackHost } from "../../lib/loopback.ts";
import { type Unreachable, unreachable } from "./answer/sync-outcome.ts";
import type { Route } from "./network/proxy-route.ts";

/** What makes every request pointless or unsafe, whatever listens at the other end. */
export function obstacleTo(endpoint: URL, route: Route): Unreachable | undefined {
  if (endpoint.protocol !== "https:" && !isLoopbackHost(endpoint.hostname)) {
    const detail = `the key is not sent to ${endpoint.host} over plain HTTP: anybody on the way could read it`;
    return unreachable("insecure-url", detail, { remedy: "write https:// in control_plane.url" });
  }
  return route.kind === "unusable"
    ? unreachable("proxy", route.problem, { remedy: route.remedy })
    : undefined;
}

/** Host and port, also if the URL has no port. */
export function addressOf(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
}
