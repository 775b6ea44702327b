import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, Server as HttpsServer } from "node:https";
import { isIP, isIPv6 } from "node:net";
import type { TrustedProxies } from "../../lib/addresses/trusted-proxies.ts";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { errorCode, OperatorError } from "../../lib/errors.ts";
import { inPlace, withSudo } from "../../lib/shell-word.ts";
import { SettingsError } from "../settings/settings.ts";
import { trustProxies } from "./client-address.ts";

/** Much longer than the 5 s between two syncs, so that executors do not reconnect for each. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Longer than any answer takes. */
const ANSWER_TIMEOUT_MS = 30_000;
const MIN_TLS = "TLSv1.2";
const FINISH_LIMIT_MS = 2000;
const FINISH_LOOK_MS = 50;

/** Where a server listens, and its time limits. */
export interface ListenerOptions {
  readonly host: string;
  /** Where HOST is set, for messages; undefined: nowhere, or it is not known. */
  readonly hostPlace?: () => string | undefined;
  /** 0: the system picks a free port. */
  readonly port: number;
  /** The certificate and its key, as PEM texts; undefined: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** A listening socket from systemd, by its descriptor. Then host and port do not count. */
  readonly passedSocket?: number | undefined;
  /** Whose X-Forwarded-For counts beside that of proxies on this host. Default: nobody's. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /** Limit for the TLS handshake, and again for the headers. Default: 10 s. */
  readonly headersTimeoutMs?: number;
  /** Limit for the whole request. Default: 20 s. */
  readonly requestTimeoutMs?: number;
  /** Limit for a connection without traffic while a request is answered. Default: 30 s. */
  readonly answerTimeoutMs?: number;
}

/**
 * Creates the server for executors and browsers. Throws a SettingsError if the certificate cannot
 * be used.
 */
export function createNetworkServer(options: ListenerOptions, handler: RequestListener): Server {
  const server = createTlsOrPlainServer(options, handler);
  server.timeout = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  if (options.trustedProxies !== undefined) {
    trustProxies(server, options.trustedProxies);
  }
  return server;
}

/** Gives new connections another certificate. Open connections go on. */
export function useCertificate(
  server: Server,
  { cert, key }: { readonly cert: string; readonly key: string },
): void {
  if (server instanceof HttpsServer) {
    server.setSecureContext({ cert, key, minVersion: MIN_TLS });
  }
}

/** Creates the server for the management socket. */
export function createManagementServer(options: ListenerOptions, handler: RequestListener): Server {
  return createHttpServer(timeouts(options), handler);
}

function createTlsOrPlainServer(options: ListenerOptions, handler: RequestListener): Server {
  const { tls } = options;
  if (tls === undefined) {
    return createHttpServer(timeouts(options), handler);
  }
  try {
    const limits = timeouts(options);
    const handshakeTimeout = limits.headersTimeout;
    return createHttpsServer({ ...limits, ...tls, minVersion: MIN_TLS, handshakeTimeout }, handler);
  } catch (error) {
    throw new SettingsError("cannot use the files of TLS_CERT and TLS_KEY", { cause: error });
  }
}

/**
 * The limit of each phase of a connection. Node checks some of them only once per checking
 * interval.
 */
function timeouts({ headersTimeoutMs = 10_000, requestTimeoutMs = 20_000 }: ListenerOptions) {
  return {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
}

/** Where a server listens. */
export interface NetworkPlace {
  readonly url: string;
  /** The IP address that HOST led to; undefined if HOST is one. */
  readonly address: string | undefined;
}

/** Port 0 is replaced by the port that the system picked. Rejects with an OperatorError. */
export async function listenOnNetwork(server: Server, options: ListenerOptions): Promise<NetworkPlace> {
  const { host, port, tls, passedSocket } = options;
  try {
    if (passedSocket === undefined) {
      server.listen(port, host);
    } else {
      server.listen({ fd: passedSocket });
    }
    await once(server, "listening");
  } catch (error) {
    throw cannotListen(error, options);
  }
  const address = server.address();
  if (address === null || typeof address === "string") {
    // Node knows no address of a Unix socket that somebody else has bound.
    throw badSocket("it is a Unix socket");
  }
  const shownHost = passedSocket === undefined ? host : address.address;
  const scheme = tls === undefined ? "http" : "https";
  return {
    url: `${scheme}://${isIPv6(shownHost) ? `[${shownHost}]` : shownHost}:${address.port}`,
    address: isIP(shownHost) === 0 ? address.address : undefined,
  };
}

/** What a control plane that systemd listens for needs of the socket unit. */
function badSocket(why: string): CommandError {
  return new CommandError("failed", `cannot serve the socket of novacula-control-plane.socket: ${why}`, {
    fix: `write one ListenStream= with a port, or an IP address and a port, and nothing else, into it:\n${withSudo("systemctl edit novacula-control-plane.socket")}`,
  });
}

function cannotListen(
  error: unknown,
  { host, hostPlace = () => undefined, port, passedSocket }: ListenerOptions,
): OperatorError {
  if (passedSocket !== undefined) {
    return badSocket(
      `${errorCode(error) ?? "unknown error"}. Perhaps it is no ListenStream=, or has Accept=yes`,
    );
  }
  const what = `cannot listen on HOST ${host}, PORT ${port}`;
  switch (errorCode(error)) {
    case "EACCES":
    case "EPERM":
      return mayNotListen(error, what, port);
    case "EADDRINUSE":
      return new CommandError("failed", `${what}: another program listens there`, {
        fix: inPlace({
          host: `stop it, or set another PORT. This shows it:\nsudo ss -ltnp 'sport = :${port}'`,
          pod: "set another PORT: a second container of the pod uses this one",
        }),
      });
    case "EADDRNOTAVAIL":
      return new CommandError("failed", `${what}: no interface of this host has that address`, {
        fix: otherHost(hostPlace()),
      });
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new CommandError("failed", `${what}: the name could not be looked up`, {
        fix: otherHost(hostPlace()),
      });
    default:
      return new OperatorError(what, { cause: error });
  }
}

function mayNotListen(error: unknown, what: string, port: number): OperatorError {
  const first = firstOpenPort();
  // Behind that port it is a rule that only this host knows, as of SELinux.
  return port < first
    ? new CommandError("failed", `${what}: only root may listen below port ${first}`, {
        fix: inPlace({
          ...THROUGH_SYSTEMD,
          pod: `set PORT to ${first} or more; the port of the Service can be 443`,
        }),
      })
    : new OperatorError(what, { cause: error });
}

/** The first port on which every user may listen: ip(7). */
function firstOpenPort(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  } catch {
    return 1024;
  }
}

function otherHost(place: string | undefined): string {
  const all = "0.0.0.0 or :: for all of them";
  const at = place === undefined ? "" : ` (${place})`;
  return inPlace({
    host: `set HOST${at} to an address of this host, or to ${all}. This shows its addresses:\nip -brief address`,
    pod: `set HOST to ${all}`,
  });
}

/** docs/control-plane/proxy.md has the same commands. */
const THROUGH_SYSTEMD = {
  host: `have systemd listen on port 443 for the service, which then needs no privilege:
sudo systemctl stop novacula-control-plane
sudo systemctl enable --now novacula-control-plane.socket
sudo systemctl start novacula-control-plane`,
};

/** Closes idle connections at once, busy ones after their answer, and all of them after 2 s. */
export async function finish(server: Server): Promise<void> {
  if (!server.listening) {
    return;
  }
  const closed = once(server, "close");
  server.close();
  const look = setInterval(() => server.closeIdleConnections(), FINISH_LOOK_MS);
  const limit = setTimeout(() => server.closeAllConnections(), FINISH_LIMIT_MS);
  await closed;
  clearInterval(look);
  clearTimeout(limit);
}
