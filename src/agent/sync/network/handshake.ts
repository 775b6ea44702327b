import { TLSSocket } from "node:tls";
import { type PeerCertificate, peerCertificate } from "./peer-certificate.ts";

/** Watches the TLS handshakes of one transport, one after another. */
export class Handshake {
  #certificate: PeerCertificate | undefined;
  #isGoingOn = false;

  /** Of the last certificate that was presented, accepted or not. */
  get certificate(): PeerCertificate | undefined {
    return this.#certificate;
  }

  /** True while TCP is connected and TLS is not yet: the place where a slow connection is stuck. */
  get isGoingOn(): boolean {
    return this.#isGoingOn;
  }

  /** `isConnected`: TCP is, as in a tunnel. */
  watch(socket: unknown, isConnected = false): void {
    this.#isGoingOn = false;
    if (!(socket instanceof TLSSocket)) {
      return;
    }
    this.#isGoingOn = isConnected;
    socket.once("connect", () => {
      this.#isGoingOn = true;
    });
    socket.once("secureConnect", () => {
      this.#isGoingOn = false;
    });
    // Node destroys the socket before it reports a bad certificate; it can be read at `secure`.
    socket.prependOnceListener("secure", () => {
      this.#certificate = peerCertificate(socket);
    });
  }
}
