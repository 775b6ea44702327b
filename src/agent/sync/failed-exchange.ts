import { ownAddresses } from "../../lib/addresses/own-addresses.ts";
import { errorCode } from "../../lib/errors.ts";
import { type Unreachable, unreachable } from "./answer/sync-outcome.ts";
import { addressOf } from "./endpoint.ts";
import { ownLineInHosts } from "./network/hosts-file.ts";
import { readNameSettings } from "./network/name-settings.ts";
import { isLookUpFault, unreachableByNetwork } from "./network/network-error.ts";
import type { Transport } from "./network/transport.ts";
import { type Detour, proxyAdvice } from "./proxy/proxy-advice.ts";

/** How long the steps of connecting may take, ms. */
export interface ConnectLimits {
  readonly lookUpTimeoutMs: number;
  /** After the look-up. */
  readonly connectTimeoutMs: number;
}

/** Where exchanges go, and how. */
export interface Destination {
  readonly endpoint: URL;
  readonly proxy: URL | undefined;
  /** What names the proxy, with its place as far as that is known. */
  readonly proxySetting: string | undefined;
  /** How to go without it. */
  readonly withoutProxy: Detour | undefined;
  /** Which setting decided for or against a proxy, as a clause. */
  readonly routeNote: string | undefined;
  readonly caPem: string | undefined;
}

interface FailedExchange extends Destination, ConnectLimits {
  readonly transport: Transport | undefined;
  /** Of the answer that had begun; undefined if none had. */
  readonly answerStatus: number | undefined;
  readonly nowMs: number;
  readonly serverNowMs: number | undefined;
}

interface PassedDeadline {
  readonly deadlineMs: number;
  /** How long the look-up of the name took. */
  readonly lookUpMs: number;
  /** Of an answer that had begun. */
  readonly status: number | undefined;
  /** Whether no proxy is on the way. */
  readonly isDirect: boolean;
}

/** If the first of two DNS servers is down, the C library asks the second one after 5 s. */
const LONGEST_LOOKUP_MS = 7000;
const LONGEST_CONNECT_MS = 5000;
/** A look-up of more than this is part of the explanation of a deadline that passed, ms. */
const SLOW_LOOKUP_MS = 2000;

/** The rest of the deadline is for the answer. */
export function connectLimits(deadlineMs: number): ConnectLimits {
  return {
    lookUpTimeoutMs: Math.min(LONGEST_LOOKUP_MS, deadlineMs * 0.7),
    connectTimeoutMs: Math.min(LONGEST_CONNECT_MS, deadlineMs),
  };
}

export async function explainFailure(error: unknown, failed: FailedExchange): Promise<Unreachable> {
  const { endpoint, proxy, proxySetting, transport } = failed;
  const { hostname } = proxy ?? endpoint;
  const isLookUp = isLookUpFault(error);
  const settings = isLookUp || proxy !== undefined ? await readNameSettings() : undefined;
  const withoutProxy =
    failed.withoutProxy &&
    proxyAdvice(
      endpoint.hostname,
      failed.withoutProxy,
      ownLineInHosts(settings?.hosts ?? "", endpoint.hostname, ownAddresses()),
    );
  return unreachableByNetwork(error, {
    ...failed,
    address: addressOf(endpoint),
    isTls: endpoint.protocol === "https:",
    certificate: transport?.certificate(),
    proxyAddress: proxy && addressOf(proxy),
    isHandshaking: transport?.isHandshaking() ?? false,
    withoutProxy,
    lookedUp: { name: hostname, proxySetting, withoutProxy, limitMs: failed.lookUpTimeoutMs },
    nameSettings: isLookUp ? settings : undefined,
  });
}

export function explainDeadline(
  endpoint: URL,
  { deadlineMs, lookUpMs, status, isDirect }: PassedDeadline,
): Unreachable {
  const seconds = `${deadlineMs / 1000} s`;
  const address = addressOf(endpoint);
  if (status !== undefined) {
    const detail = `${address} began an answer (${status}) but did not finish it within ${seconds}`;
    return unreachable("timeout", detail, { httpStatus: status, isConnected: true });
  }
  const slow = lookUpMs < SLOW_LOOKUP_MS ? "" : `, of which DNS took ${Math.round(lookUpMs / 1000)} s`;
  // Connecting has a shorter limit. Through a proxy, it may be the proxy that is silent.
  const reached = isDirect ? ({ isConnected: true } as const) : {};
  return unreachable("timeout", `no answer from ${address} within ${seconds}${slow}`, reached);
}

const CLOSED_IDLE = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * Whether the server may have closed the connection while it was idle. A request that crossed with
 * the close is sent once more, at once.
 */
export function wasClosedIdle(error: unknown): boolean {
  return CLOSED_IDLE.has(errorCode(error) ?? "");
}
