import { BlockList, isIP } from "node:net";
import { isLoopbackHost } from "../../../lib/loopback.ts";

/** How a request leaves this host. `unusable`: a proxy is configured, but its setting is wrong. */
export type Route =
  | { readonly kind: "direct" }
  | { readonly kind: "proxy"; readonly proxy: URL }
  | { readonly kind: "unusable"; readonly problem: string; readonly remedy: string };

interface RouteInput {
  readonly endpoint: URL;
  /** `control_plane.proxy`: a URL, `none`, or undefined to use the environment. */
  readonly proxy: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

/** Lower case first, like curl; HTTP_PROXY also for an https URL, like undici. */
const VARIABLES = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];

/**
 * Loopback never goes through a proxy, so plain HTTP never does. NO_PROXY does not apply to an
 * explicit proxy.
 */
export function proxyRoute({ endpoint, proxy, environment }: RouteInput): Route {
  if (isLoopbackHost(endpoint.hostname)) {
    return { kind: "direct" };
  }
  if (proxy !== undefined) {
    return proxy === "none" ? { kind: "direct" } : usableProxy(proxy, "control_plane.proxy");
  }
  const variable = VARIABLES.find((name) => (environment[name] ?? "").trim() !== "");
  if (variable === undefined) {
    return { kind: "direct" };
  }
  const { no_proxy, NO_PROXY } = environment;
  if (isExcepted(endpoint, no_proxy ?? NO_PROXY ?? "")) {
    return { kind: "direct" };
  }
  return usableProxy(environment[variable] ?? "", variable);
}

/** The value is not repeated: it may hold the password of the proxy. */
function usableProxy(text: string, source: string): Route {
  const unusable = (problem: string, remedy: string): Route => ({ kind: "unusable", problem, remedy });
  const form = `write ${source} as http://host:port, or as http://user:password@host:port`;
  const proxy = URL.parse(text.trim());
  if (proxy === null) {
    return unusable(`the proxy in ${source} is not a URL`, form);
  }
  if (proxy.protocol !== "http:" && proxy.protocol !== "https:") {
    return unusable(`the proxy in ${source} does not begin with http:// or https://`, form);
  }
  if (!isDecodable(proxy.username) || !isDecodable(proxy.password)) {
    const remedy = `write a percent sign in the credentials of ${source} as %25`;
    return unusable(`the credentials of the proxy in ${source} contain a % that is not an escape`, remedy);
  }
  return { kind: "proxy", proxy };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * NO_PROXY: `*`, names with their subdomains, `.suffix`, `*.suffix`, `host:port`, addresses, CIDR
 * ranges.
 */
function isExcepted(endpoint: URL, exceptions: string): boolean {
  const host = bareHost(endpoint.hostname);
  const port = endpoint.port || (endpoint.protocol === "https:" ? "443" : "80");
  return exceptions
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .some((entry) => matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  const withPort = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry);
  if (withPort !== null && withPort[2] !== port) {
    return false;
  }
  const pattern = bareHost(withPort?.[1] ?? entry);
  if (pattern === "*" || pattern === host) {
    return true;
  }
  if (isIP(host) !== 0) {
    return pattern.includes("/") && isInRange(host, pattern);
  }
  const suffix = pattern.replace(/^\*?\./, "");
  return host.endsWith(`.${suffix}`) || (host === suffix && !pattern.startsWith("*"));
}

function isInRange(address: string, range: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const version = isIP(network);
  const prefix = Number(bits);
  if (version !== isIP(address) || !/^\d{1,3}$/.test(bits) || prefix > (version === 4 ? 32 : 128)) {
    return false;
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(address, family);
}

function bareHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}
