import { createSecureContext, getCACertificates, type SecureContext, TLSSocket } from "node:tls";
import { buildConnector, Client, type Dispatcher, ProxyAgent } from "undici";
import type { ValidityPeriod } from "./tls-error.ts";

/** The one connection to the control plane, direct or through a proxy, and what is known of it when it fails. */
export interface Transport {
  readonly dispatcher: Dispatcher;
  /** True while there is a connection, which the next request will use. */
  isConnected(): boolean;
  /** Of the certificate that the control plane showed last, whether it was accepted or not; unknown through a proxy. */
  certificateValidity(): ValidityPeriod | undefined;
  /** True from when TCP stood until TLS did: where a connection that takes too long is stuck. */
  isHandshaking(): boolean;
  /** True when an error came from reaching the proxy, not the control plane behind it. */
  isProxyFault(error: unknown): boolean;
  destroy(): Promise<void>;
}

export interface TransportOptions {
  readonly endpoint: URL;
  readonly proxy: URL | undefined;
  /** PEM, added to the default roots. */
  readonly caPem: string | undefined;
  readonly connectTimeoutMs: number;
}

/** Longer than any sync interval, so that every sync finds its connection. */
const KEEP_ALIVE_MS = 65_000;

const CONNECTION = {
  /** HTTP/1.1: one request at a time gains nothing from 2, and the limits here are those of 1.1. */
  allowH2: false,
  keepAliveTimeout: KEEP_ALIVE_MS,
  /**
   * Subtracted from a server's own hint. Negative: a hint of 5 s (Node's default, undici's arithmetic makes it 3 s)
   * would otherwise cost a TLS handshake with every sync. The server closes when it means to, and a request that
   * crosses with that is sent once more (sync-client.ts).
   */
  keepAliveTimeoutThreshold: -KEEP_ALIVE_MS,
};

export function openTransport(options: TransportOptions): Transport {
  return options.proxy === undefined ? openDirect(options) : openProxied(options, options.proxy);
}

function openDirect(options: TransportOptions): Transport {
  const connect = buildConnector(connectorOptions(options));
  let validity: ValidityPeriod | undefined;
  let isHandshaking = false;
  const client = new Client(options.endpoint.origin, {
    ...CONNECTION,
    connect(request, callback) {
      // Node destroys the socket before it reports a bad certificate; `secure` is the last moment to read it.
      const socket: unknown = connect(request, callback);
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
        const { valid_from, valid_to } = socket.getPeerCertificate();
        validity = { fromMs: Date.parse(valid_from), toMs: Date.parse(valid_to) };
      });
    },
  });
  const isConnected = watchConnection(client);
  return {
    dispatcher: client,
    isConnected,
    certificateValidity: () => validity,
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
    clientFactory(origin, clientOptions) {
      const client = new Client(origin, { ...clientOptions, headersTimeout: options.connectTimeoutMs });
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
    certificateValidity: () => undefined,
    // What is slow behind a proxy that has connected is TLS.
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

/** `rejectUnauthorized` is always said: undefined would let NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment decide. */
function connectorOptions({ endpoint, caPem, connectTimeoutMs }: TransportOptions) {
  return {
    // One context, not the roots: they would be parsed again with every connection.
    ...(endpoint.protocol === "https:" ? { secureContext: trustedRoots(caPem) } : {}),
    rejectUnauthorized: true,
    allowH2: false,
    timeout: connectTimeoutMs,
    autoSelectFamily: true,
    // Node's 250 ms give up on a far host before its SYN-ACK is back.
    autoSelectFamilyAttemptTimeout: 1000,
  };
}

function trustedRoots(caPem: string | undefined): SecureContext {
  return createSecureContext(caPem === undefined ? {} : { ca: [...getCACertificates("default"), caPem] });
}
