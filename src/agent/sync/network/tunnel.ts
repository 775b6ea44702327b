import { Socket } from "node:net";
import { type buildConnector, Client, type Dispatcher } from "undici";

/** The proxy cannot be reached, or does not answer as one. Its cause says why. */
export class ProxyFault extends Error {
  override readonly name = "ProxyFault";

  constructor(cause: unknown) {
    super("the proxy does not work", { cause });
  }
}

/** The proxy answered, and makes no tunnel to the control plane. */
export class TunnelRefusal extends Error {
  override readonly name = "TunnelRefusal";
  /** Of its answer to CONNECT. */
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered CONNECT with ${status}`);
    this.status = status;
  }
}

interface TunnelOptions {
  readonly proxy: URL;
  /** Connects to the proxy. */
  readonly connect: buildConnector.connector;
  /** For its answer, ms. */
  readonly timeoutMs: number;
}

/**
 * A tunnel through a proxy: CONNECT of RFC 9110, 9.3.6. undici's ProxyAgent does the same, but does
 * not give out the socket of a failed handshake, without which nobody can tell what is wrong with
 * the certificate.
 */
export class Tunnel {
  readonly #client: Client;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ proxy, connect, timeoutMs }: TunnelOptions) {
    // undici takes the server's name from the header Host, which is the control plane's.
    const connectToProxy: buildConnector.connector = ({ servername: _, ...request }, callback) =>
      connect(request, callback);
    this.#client = new Client(proxy.origin, { connect: connectToProxy, headersTimeout: timeoutMs });
    this.#headers = { "proxy-connection": "keep-alive", ...credentials(proxy) };
  }

  /** The socket of a new tunnel to `address`, `cp.example.com:443`. */
  async open(address: string): Promise<Socket> {
    const { socket, statusCode } = await this.#ask(address);
    if (statusCode !== 200) {
      socket.on("error", () => {}).destroy();
      throw new TunnelRefusal(statusCode);
    }
    if (!(socket instanceof Socket)) {
      throw new TypeError("undici gave out a tunnel that is no socket");
    }
    return socket;
  }

  async destroy(): Promise<void> {
    await this.#client.destroy();
  }

  /**
   * Wraps every error: a Client tries again for ever if its connector fails with some of undici's
   * own codes.
   */
  async #ask(address: string): Promise<Dispatcher.ConnectData> {
    const headers = { ...this.#headers, host: address };
    try {
      return await this.#client.connect({ path: address, headers });
    } catch (error) {
      throw new ProxyFault(error);
    }
  }
}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === "") {
    return {};
  }
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(plain).toString("base64")}` };
}
