import { errorCode } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import { type Unreachable, type UnreachableCause, unreachable } from "../answer/sync-outcome.ts";
import { checkOr, type ProxyAdvice } from "../proxy/proxy-advice.ts";
import { isNameError, type NamePlace, unreachableByName } from "./name-error.ts";
import type { NameSettings } from "./name-settings.ts";
import { explainNoRoute, mostTelling, NO_ROUTE, whereDropped } from "./no-route.ts";
import { type TlsPlace, unreachableByTls } from "./tls-error.ts";
import { ProxyFault, TunnelRefusal } from "./tunnel.ts";

/** Where a request failed, as far as the client knows. */
export interface NetworkPlace extends TlsPlace {
  readonly isTls: boolean;
  /** Of the answer that had begun; undefined if none had. */
  readonly answerStatus: number | undefined;
  /** Which setting decided for or against a proxy, as a clause. */
  readonly routeNote: string | undefined;
  /** True while TCP is connected and TLS is not yet. */
  readonly isHandshaking: boolean;
  /** When and how to go without the proxy; undefined if none is used. */
  readonly withoutProxy?: ProxyAdvice | undefined;
  readonly connectTimeoutMs: number;
  /** The name that this host looks up: the control plane's, or the proxy's. */
  readonly lookedUp: NamePlace;
  /** Undefined unless the look-up failed. */
  readonly nameSettings: NameSettings | undefined;
}

interface Explanation {
  readonly cause: UnreachableCause;
  readonly detail: (address: string) => string;
  readonly remedy?: string;
}

const lost: Explanation = {
  cause: "connection-lost",
  detail: (address) => `${address} closed the connection without an answer`,
};
const timedOut: Explanation = {
  cause: "timeout",
  detail: (address) =>
    `no connection to ${address} in time: packets are dropped on the way, or nothing answers at that port`,
};
const unrouted: Explanation = { cause: "network", detail: (address) => `no route to ${address}` };
const barred: Explanation = {
  cause: "network",
  detail: (address) => `this host does not let the agent connect to ${address}`,
  remedy: "check this host's firewall, and IPAddressDeny= and RestrictAddressFamilies= of the unit",
};
const oversized: Explanation = {
  cause: "answer-too-large",
  detail: (address) => `${address} answered with more than a control plane ever does`,
  remedy: "check control_plane.url",
};

const EXPLANATIONS = new Map<string, Explanation>([
  [
    "ECONNREFUSED",
    {
      cause: "connection-refused",
      detail: (address) => `connection refused by ${address}`,
      remedy: "check that the control plane is running, and the port in control_plane.url",
    },
  ],
  ["ECONNRESET", lost],
  ["ECONNABORTED", lost],
  ["EPIPE", lost],
  ["UND_ERR_SOCKET", lost],
  ["ETIMEDOUT", timedOut],
  ["UND_ERR_CONNECT_TIMEOUT", timedOut],
  ["UND_ERR_HEADERS_TIMEOUT", { cause: "timeout", detail: (address) => `${address} did not answer in time` }],
  ...NO_ROUTE.map((code) => [code, unrouted] as const),
  ["EACCES", barred],
  ["EPERM", barred],
  ["EAFNOSUPPORT", barred],
  ["UND_ERR_HEADERS_OVERFLOW", oversized],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", oversized],
]);

/**
 * The meaning of a failed request, by the code of the error alone: neither undici's error (it holds
 * the socket) nor its message goes further than this. Every message names host and port.
 */
export function unreachableByNetwork(error: unknown, place: NetworkPlace): Unreachable {
  const code = codeOf(error);
  if (error instanceof TunnelRefusal) {
    return tunnelRefused(error.status, place);
  }
  if (place.nameSettings !== undefined) {
    const outcome = unreachableByName(code, place.lookedUp, place.nameSettings);
    return { ...outcome, remedy: withRoute(outcome, place) };
  }
  if (error instanceof ProxyFault) {
    return proxyFault(error.cause, code, place);
  }
  const byTls = error instanceof Error ? unreachableByTls(code, error, place) : undefined;
  if (byTls !== undefined) {
    return byTls;
  }
  if (/^HPE_/.test(code)) {
    return notHttp(code, place);
  }
  if (code === "UND_ERR_CONNECT_TIMEOUT" && place.isHandshaking) {
    return slowHandshake(code, place);
  }
  const known = EXPLANATIONS.get(code);
  if (known === lost && place.answerStatus !== undefined) {
    return brokenOff(code, place);
  }
  if (known === unrouted) {
    const { detail, remedy } = explainNoRoute(error, place.address);
    return unreachable(known.cause, `${detail} (${code})`, {
      remedy: withRoute({ ...known, remedy }, place),
    });
  }
  if (known === undefined) {
    return unreachable("network", `the request to ${place.address} failed (${code})`);
  }
  const own = known === timedOut ? whereDropped() : known.remedy;
  const remedy = known === lost ? lostRemedy(place) : withRoute({ cause: known.cause, remedy: own }, place);
  return unreachable(known.cause, `${known.detail(place.address)} (${code})`, { remedy });
}

/** Whether the name of the host could not be looked up: its settings explain why. */
export function isLookUpFault(error: unknown): boolean {
  return isNameError(codeOf(error), error);
}

/**
 * Some versions of undici give the error of the parser no code, and put several errors into one
 * cause.
 */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return codeOf(mostTelling(error.errors));
  }
  const code = errorCode(error);
  if (code !== undefined) {
    return printable(code, 60);
  }
  if (!(error instanceof Error)) {
    return "unknown error";
  }
  if (error.name === "HTTPParserError") {
    return "HPE_INVALID";
  }
  return error.cause === undefined ? printable(error.name, 60) : codeOf(error.cause);
}

/** A host that needs a proxy fails in one of these ways without it. */
const WITHOUT_PROXY: ReadonlySet<UnreachableCause> = new Set([
  "dns",
  "connection-refused",
  "network",
  "timeout",
]);

function withRoute(
  { cause, remedy }: Pick<Unreachable, "cause" | "remedy">,
  { proxyAddress, routeNote }: NetworkPlace,
) {
  if (proxyAddress !== undefined || routeNote === undefined || !WITHOUT_PROXY.has(cause)) {
    return remedy;
  }
  const check = `if this host needs a proxy, note that ${routeNote}`;
  return remedy === undefined ? check : `${remedy}; ${check}`;
}

function brokenOff(code: string, { address, answerStatus }: NetworkPlace): Unreachable {
  const detail = `${address} ended its answer too early (${answerStatus}, ${code})`;
  return unreachable("connection-lost", detail, { httpStatus: answerStatus });
}

function slowHandshake(code: string, { address, connectTimeoutMs }: NetworkPlace): Unreachable {
  const detail = `the TLS handshake with ${address} did not finish in ${connectTimeoutMs / 1000} s (${code})`;
  return unreachable("tls-other", detail, {
    remedy:
      "if it lasts, check whether the control plane is overloaded, whether that port speaks TLS, and whether large packets are dropped on the way (MTU)",
  });
}

function lostRemedy({ isTls }: NetworkPlace): string | undefined {
  return isTls
    ? undefined
    : "if the control plane serves TLS on that port, write https:// in control_plane.url";
}

function notHttp(code: string, { address, isTls }: NetworkPlace): Unreachable {
  const remedy = isTls
    ? "check the port in control_plane.url"
    : "check the port in control_plane.url; if the control plane serves TLS there, write https://";
  return unreachable("not-a-control-plane", `${address} answered, but not in HTTP (${code})`, { remedy });
}

function tunnelRefused(status: number, place: NetworkPlace): Unreachable {
  if (status === 407) {
    return unreachable("proxy-authentication", `the proxy ${named(place)} asks for credentials (407)`, {
      remedy: "put them into the proxy's URL, http://user:password@host:port, in control_plane.proxy",
    });
  }
  const detail = `the proxy ${named(place)} would not connect to ${place.address} (${status})`;
  return unreachable("proxy", detail, {
    remedy: checkOr("check the rules of the proxy", place.withoutProxy),
  });
}

function named({ proxyAddress = "", routeNote }: NetworkPlace): string {
  return routeNote === undefined ? proxyAddress : `${proxyAddress} (${routeNote})`;
}

/** `error` is what happened between this host and the proxy. */
function proxyFault(error: unknown, code: string, place: NetworkPlace): Unreachable {
  const address = place.proxyAddress ?? "";
  if (code === "UND_ERR_HEADERS_TIMEOUT") {
    const limit = `${place.connectTimeoutMs / 1000} s`;
    const detail = `the proxy ${named(place)} made no connection to ${place.address} in ${limit} (${code})`;
    return unreachable("proxy", detail, {
      remedy: checkOr("check that proxy, and whether it reaches the control plane", place.withoutProxy),
    });
  }
  const there: TlsPlace = { ...place, address, certificate: undefined, proxyAddress: undefined };
  const byTls = error instanceof Error ? unreachableByTls(code, error, there) : undefined;
  const how = /^HPE_/.test(code)
    ? `${address} answered, but not in HTTP`
    : (EXPLANATIONS.get(code)?.detail(address) ?? `the request to ${address} failed`);
  const note = place.routeNote === undefined ? "" : ` (${place.routeNote})`;
  const check =
    byTls?.cause === "tls-untrusted"
      ? "put the certificate of the proxy's authority into control_plane.ca_file"
      : note === ""
        ? "check control_plane.proxy or HTTPS_PROXY"
        : "check that proxy";
  return unreachable("proxy", `the proxy${note} does not work: ${byTls?.detail ?? `${how} (${code})`}`, {
    remedy: checkOr(check, place.withoutProxy),
  });
}
