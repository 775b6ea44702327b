import { errorCode } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import { type Unreachable, type UnreachableCause, unreachable } from "../answer/sync-outcome.ts";
import { type TlsPlace, unreachableByTls } from "./tls-error.ts";

/** Where an exchange failed, as far as the client knows. */
export interface NetworkPlace extends TlsPlace {
  readonly isTls: boolean;
  /** Of the answer that had begun; undefined when none had. */
  readonly answerStatus: number | undefined;
  /** `proxy.example.com:3128`; undefined without a proxy. */
  readonly proxyAddress: string | undefined;
  /** True when the proxy itself could not be reached. */
  readonly isProxyFault: boolean;
  /** True from when TCP stood until TLS did. */
  readonly isHandshaking: boolean;
  readonly connectTimeoutMs: number;
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
    `no connection to ${address} in time: packets are dropped on the way, or nothing behind that port answers`,
};
const unrouted: Explanation = { cause: "network", detail: (address) => `no route to ${address}` };
const unresolved: Explanation = {
  cause: "dns",
  detail: (address) => `the name in ${address} could not be looked up: DNS does not answer`,
};
const barred: Explanation = {
  cause: "network",
  detail: (address) => `this host does not let the agent connect to ${address}`,
  remedy: "look at this host's firewall and at the unit's IPAddressDeny= and RestrictAddressFamilies=",
};
const oversized: Explanation = {
  cause: "answer-too-large",
  detail: (address) => `${address} answered with more than any control plane does`,
  remedy: "check [control_plane].url",
};

const EXPLANATIONS = new Map<string, Explanation>([
  [
    "ENOTFOUND",
    {
      cause: "dns",
      detail: (address) => `no host has the name in ${address}`,
      remedy: "check the host in [control_plane].url, and that this host's DNS knows it: getent hosts NAME",
    },
  ],
  ["EAI_AGAIN", unresolved],
  ["EAI_FAIL", unresolved],
  ["ETIMEOUT", unresolved],
  [
    "ECONNREFUSED",
    {
      cause: "connection-refused",
      detail: (address) => `connection refused by ${address}`,
      remedy: "see that the control plane is running, and that the port in [control_plane].url is its port",
    },
  ],
  ["ECONNRESET", lost],
  ["ECONNABORTED", lost],
  ["EPIPE", lost],
  ["UND_ERR_SOCKET", lost],
  ["ETIMEDOUT", timedOut],
  ["UND_ERR_CONNECT_TIMEOUT", timedOut],
  ["UND_ERR_HEADERS_TIMEOUT", { cause: "timeout", detail: (address) => `${address} did not answer in time` }],
  ["EHOSTUNREACH", unrouted],
  ["ENETUNREACH", unrouted],
  ["ENETDOWN", unrouted],
  ["EADDRNOTAVAIL", unrouted],
  ["EACCES", barred],
  ["EPERM", barred],
  ["EAFNOSUPPORT", barred],
  ["UND_ERR_HEADERS_OVERFLOW", oversized],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", oversized],
]);

/**
 * What a failed exchange means, from the error's code alone: neither undici's error (it holds the socket) nor its
 * message goes further than this. Every sentence names host and port.
 */
export function unreachableByNetwork(error: unknown, place: NetworkPlace): Unreachable {
  const code = codeOf(error);
  const refusal = tunnelRefusal(error, place);
  if (refusal !== undefined) {
    return refusal;
  }
  if (place.isProxyFault) {
    return proxyFault(error, code, place);
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
  if (known === undefined) {
    return unreachable("network", `the exchange with ${place.address} failed (${code})`);
  }
  const remedy = known === lost ? lostRemedy(place) : known.remedy;
  return unreachable(known.cause, `${known.detail(place.address)} (${code})`, { remedy });
}

/** undici leaves the code of a parser's error undefined in some versions, and puts several errors into one cause. */
function codeOf(error: unknown): string {
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
  if (error instanceof AggregateError) {
    return codeOf(error.errors[0]);
  }
  return error.cause === undefined ? printable(error.name, 60) : codeOf(error.cause);
}

function brokenOff(code: string, { address, answerStatus }: NetworkPlace): Unreachable {
  const detail = `${address} broke off its answer (${answerStatus}, ${code})`;
  return unreachable("connection-lost", detail, { httpStatus: answerStatus });
}

function slowHandshake(code: string, { address, connectTimeoutMs }: NetworkPlace): Unreachable {
  const detail = `the TLS handshake with ${address} did not finish in ${connectTimeoutMs / 1000} s (${code})`;
  return unreachable("tls-other", detail, {
    remedy:
      "if it lasts, see whether the control plane is overloaded, whether that port speaks TLS, and whether something on the way drops large packets (MTU)",
  });
}

function lostRemedy({ isTls }: NetworkPlace): string | undefined {
  return isTls
    ? undefined
    : "if the control plane serves TLS on that port, write https:// in [control_plane].url";
}

function notHttp(code: string, { address, isTls }: NetworkPlace): Unreachable {
  const remedy = isTls
    ? "check the port in [control_plane].url"
    : "check the port in [control_plane].url; if the control plane serves TLS there, write https://";
  return unreachable("not-a-control-plane", `${address} answered, but not in HTTP (${code})`, { remedy });
}

/** The only sign of a refused CONNECT is the message of undici's error: `Proxy response (407) !== 200 …`. */
function tunnelRefusal(error: unknown, { proxyAddress, address }: NetworkPlace): Unreachable | undefined {
  const message = error instanceof Error && proxyAddress !== undefined ? error.message : "";
  const status = /Proxy response \((\d{3})\)/.exec(message)?.[1];
  if (status === undefined) {
    return undefined;
  }
  if (status === "407") {
    return unreachable("proxy-authentication", `the proxy ${proxyAddress} asks for credentials (407)`, {
      remedy: "put them into the proxy's URL, http://user:password@host:port, in [control_plane].proxy",
    });
  }
  return unreachable("proxy", `the proxy ${proxyAddress} would not connect to ${address} (${status})`, {
    remedy: "see what the proxy's rules allow, or except the control plane with NO_PROXY",
  });
}

function proxyFault(error: unknown, code: string, place: NetworkPlace): Unreachable {
  const address = place.proxyAddress ?? "";
  const there: TlsPlace = { ...place, address, certificate: undefined };
  const inner =
    (error instanceof Error ? unreachableByTls(code, error, there)?.detail : undefined) ??
    EXPLANATIONS.get(code)?.detail(address) ??
    `the exchange with ${address} failed`;
  return unreachable("proxy", `the proxy does not work: ${inner} (${code})`, {
    remedy: 'check [control_plane].proxy or HTTPS_PROXY; proxy = "none" goes without one',
  });
}
