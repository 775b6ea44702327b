import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { createSecureContext, getCACertificates, type SecureContext, TLSSocket } from "node:tls";
import { buildConnector, Client, type Dispatcher, ProxyAgent } from "undici";
import type { NameLookUp } from "./name-lookup.ts";
import { type PeerCertificate, peerCertificate } from "./peer-certificate.ts";

/** The one connection to the control plane, direct or through a proxy. */
export interface Transport {
  readonly dispatcher: Dispatcher;
  /** True while it is connected; the next request then uses this connection. */
  isConnected(): boolean;
  /** Of the last certificate of the control plane, accepted or not; unknown through a proxy. */
  certificate(): PeerCertificate | undefined;
  /** True while TCP is connected and TLS is not yet: the place where a slow connection is stuck. */
  isHandshaking(): boolean;
  /** True if the error came from reaching the proxy, not the control plane behind it. */
  isProxyFault(error: unknown): boolean;
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
  return options.proxy === undefined ? openDirect(options) : openProxied(options, options.proxy);
}

function openDirect(options: TransportOptions): Transport {
  let certificate: PeerCertificate | undefined;
  let isHandshaking = false;
  const client = new Client(options.endpoint.origin, {
    ...CONNECTION,
    // Node destroys the socket before it reports a bad certificate; it can be read at `secure`.
    connect: connectorByName(options, (socket) => {
      isHandshaking = false;
      if (!(socket instanceof TLSSocket)) {
        return;
      }
      socket.once("connect", () => {
        isHandshaking = true;
      });
      socket.once("secureConnect", () => {
        isHandshaking = false;
      });
      socket.prependOnceListener("secure", () => {
        certificate = peerCertificate(socket);
      });
    }),
  });
  const isConnected = watchConnection(client);
  return {
    dispatcher: client,
    isConnected,
    certificate: () => certificate,
    isHandshaking: () => isHandshaking,
    isProxyFault: () => false,
    destroy: () => client.destroy(),
  };
}

function openProxied(options: TransportOptions, proxy: URL): Transport {
  const tls = connectorOptions(options);
  const proxyFaults = new WeakSet<Error>();
  let isConnected = () => false;
  const agent = new ProxyAgent({
    ...CONNECTION,
    uri: proxy.href,
    proxyTls: tls,
    requestTls: tls,
    clientFactory(origin) {
      const connect = connectorByName(options);
      const client = new Client(origin, { connect, headersTimeout: options.connectTimeoutMs });
      client.on("connectionError", (_origin, _targets, error) => proxyFaults.add(error));
      return client;
    },
    factory(origin, clientOptions) {
      const client = new Client(origin, clientOptions);
      isConnected = watchConnection(client);
      return client;
    },
  });
  return {
    dispatcher: agent,
    isConnected: () => isConnected(),
    certificate: () => undefined,
    // If the proxy is connected, TLS is what is slow.
    isHandshaking: () => !isConnected(),
    isProxyFault: (error) => error instanceof Error && proxyFaults.has(error),
    destroy: () => agent.destroy(),
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
    return all === true ? callback(null, [...found]) : callback(null, address, family);
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
