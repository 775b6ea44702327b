import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { ipAddress } from "../../lib/addresses/ip-address.ts";
import type { TrustedProxies } from "../../lib/addresses/trusted-proxies.ts";
import { isLoopbackAddress } from "../../lib/loopback.ts";

/** The other end of a connection. */
interface Peer {
  readonly address: string;
  readonly isProxy: boolean;
}

/** Parsed once per connection, which carries thousands of requests. */
const peers = new WeakMap<Socket, Peer>();
const trustedBy = new WeakMap<Socket, TrustedProxies>();

/** From now on, X-Forwarded-For counts on connections to `server` that come from these proxies. */
export function trustProxies(server: Server, trusted: TrustedProxies): void {
  const note = (socket: Socket) => void trustedBy.set(socket, trusted);
  server.on("connection", note);
  // Of a TLS server, requests come from a socket of its own.
  server.on("secureConnection", note);
}

/**
 * The client's address in the spelling of ip-address.ts. On a connection from a trusted proxy, the
 * last entry of X-Forwarded-For counts, which that proxy added; if it is a trusted proxy itself,
 * the one before counts, and so on. What is further left may be made up. A proxy that adds no entry
 * lets clients choose their address.
 */
export function clientAddress(request: IncomingMessage): string | undefined {
  const peer = peerOf(request.socket);
  const forwarded = request.headers["x-forwarded-for"];
  if (forwarded === undefined || peer === undefined || !peer.isProxy) {
    return peer?.address;
  }
  return forwardedAddress(String(forwarded), peer.address, trustedBy.get(request.socket));
}

/** The client's address behind the proxy `peer`, from what that sent as X-Forwarded-For. */
export function forwardedAddress(
  forwarded: string,
  peer: string,
  trusted: TrustedProxies | undefined,
): string {
  let nearest = peer;
  for (let end = forwarded.length; end >= 0; ) {
    const comma = end === 0 ? -1 : forwarded.lastIndexOf(",", end - 1);
    const address = ipAddress(forwarded.slice(comma + 1, end).trim());
    // Not an address: the proxy that added it is all that is known. A loopback address is of this
    // host only if the proxy is on it, too.
    if (address === undefined || (isLoopbackAddress(address) && !isLoopbackAddress(nearest))) {
      return nearest;
    }
    nearest = address;
    if (trusted?.has(address) !== true) {
      return nearest;
    }
    end = comma;
  }
  return nearest;
}

function peerOf(socket: Socket): Peer | undefined {
  const known = peers.get(socket);
  if (known !== undefined) {
    return known;
  }
  const address = ipAddress(socket.remoteAddress ?? "");
  if (address === undefined) {
    return undefined;
  }
  const isProxy = isLoopbackAddress(address) || trustedBy.get(socket)?.has(address) === true;
  const peer = { address, isProxy };
  peers.set(socket, peer);
  return peer;
}

/** Identifies an open connection of a listener. */
export function connectionName({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
