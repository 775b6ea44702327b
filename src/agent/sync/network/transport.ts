import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { buildConnector, Client, type Dispatcher } from "undici";
import { Handshake } from "./handshake.ts";
import type { NameLookUp } from "./name-lookup.ts";
import type { PeerCertificate } from "./peer-certificate.ts";
import { Tunnel } from "./tunnel.ts";

/** The one connection to the control plane, direct or through a proxy. */
export interface Transport {
  readonly dispatcher: Dispatcher;
  /** True while it is connected; the next request then uses this connection. */
  isConnected(): boolean;
  /** Of the last certificate of the control plane, accepted or not. */
  certificate(): PeerCertificate | undefined;
  /** True while TCP is connected and TLS is not yet: the place where a slow connection is stuck. */
  isHandshaking(): boolean;
  destroy(): Promise<void>;
}

interface TransportOptions {
  readonly endpoint: URL;
  readonly proxy: URL | undefined;
  /** With the trusted roots; undefined for plain HTTP. */
  readonly secureContext: SecureContext | undefined;
  /** Of the control plane, or of the proxy if there is one. */
  readonly names: NameLookUp;
  readonly lookUpTimeoutMs: number;
  /** After the look-up. */
  readonly connectTimeoutMs: number;
}

/** Longer than any sync interval, ms, so that every sync finds its connection. */
const KEEP_ALIVE_MS = 65_000;

const CONNECTION = {
  /**
   * HTTP/1.1: with one request at a time, HTTP/2 gains nothing, and the limits here are those of
   * 1.1.
   */
  allowH2: false,
  keepAliveTimeout: KEEP_ALIVE_MS,
  /**
   * Subtracted from the hint of a server, ms. Negative, because a hint of 5 s (the default of Node;
   * undici makes it 3 s) would cost a TLS handshake with every sync. The server closes when it
   * wants to; a request that crosses with that is sent once more (sync-client.ts).
   */
  keepAliveTimeoutThreshold: -KEEP_ALIVE_MS,
};

export function openTransport(options: TransportOptions): Transport {
  const { endpoint, proxy } = options;
  const handshake = new Handshake();
  const connectDirectly = connectorByName(options, (socket) => handshake.watch(socket));
  const tunnel =
    proxy && new Tunnel({ proxy, connect: connectorByName(options), timeoutMs: options.connectTimeoutMs });
  const connect = tunnel === undefined ? connectDirectly : connectorThrough(tunnel, options, handshake);
  const client = new Client(endpoint.origin, { ...CONNECTION, connect });
  return {
    dispatcher: client,
    isConnected: watchConnection(client),
    certificate: () => handshake.certificate,
    isHandshaking: () => handshake.isGoingOn,
    async destroy() {
      await Promise.all([client.destroy(), tunnel?.destroy()]);
    },
  };
}

/** Only TLS goes through a tunnel: plain HTTP never leaves this host. */
function connectorThrough(
  tunnel: Tunnel,
  options: TransportOptions,
  handshake: Handshake,
): buildConnector.connector {
  const secure = buildConnector(connectorOptions(options));
  return (request, callback) => {
    const { host = request.hostname, port } = request;
    tunnel
      .open(port === "" ? `${host}:443` : host)
      .then((httpSocket) => handshake.watch(secure({ ...request, httpSocket }, callback), true))
      .catch((error: Error) => callback(error, null));
  };
}

function watchConnection(client: Client): () => boolean {
  let isConnected = false;
  client.on("connect", () => {
    isConnected = true;
  });
  client.on("disconnect", () => {
    isConnected = false;
  });
  return () => isConnected;
}

/**
 * Looks up the name before it connects: Node would count a slow look-up as part of connecting, and
 * nobody could tell which of the two did not end.
 */
function connectorByName(
  options: TransportOptions,
  watch: (socket: unknown) => void = () => {},
): buildConnector.connector {
  let found: readonly LookupAddress[] = [];
  const lookup: LookupFunction = (_name, { all }, callback) => {
    const [{ address, family } = { address: "", family: 0 }] = found;
    // Never at once: without a route, connect(2) would fail before tls.connect has listeners, and
    // its error would end the process.
    process.nextTick(() => (all === true ? callback(null, [...found]) : callback(null, address, family)));
  };
  const connect = buildConnector({ ...connectorOptions(options), lookup });
  return (request, callback) => {
    options.names
      .addresses(options.lookUpTimeoutMs)
      .then((addresses) => {
        found = addresses;
        watch(connect(request, callback));
      })
      .catch((error: Error) => callback(error, null));
  };
}

/** `rejectUnauthorized` is explicit: undefined lets NODE_TLS_REJECT_UNAUTHORIZED=0 decide. */
function connectorOptions({ secureContext, connectTimeoutMs }: TransportOptions) {
  return {
    ...(secureContext !== undefined && { secureContext }),
    rejectUnauthorized: true,
    allowH2: false,
    timeout: connectTimeoutMs,
    autoSelectFamily: true,
    // The 250 ms of Node are over before the SYN-ACK of a far host is back.
    autoSelectFamilyAttemptTimeout: 1000,
  };
}

/**
 * The default roots, and those of `caPem`. Parsing them takes long: use it for all connections.
 * Every certificate of ca_file is trusted as it is, also an intermediate or the server's own: other
 * clients, such as curl, do the same (X509_V_FLAG_PARTIAL_CHAIN).
 */
export function trustedRoots(caPem: string | undefined): SecureContext {
  if (caPem === undefined) {
    return createSecureContext();
  }
  const ca = [...getCACertificates("default"), caPem];
  return createSecureContext({ ca, allowPartialTrustChain: true });
}
