import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isLoopbackAddress } from "../../lib/loopback.ts";
import { ipAddress } from "./ip-address.ts";

/**
 * The client's address in the spelling of ip-address.ts. On a loopback connection, the last entry
 * of X-Forwarded-For counts: a TLS proxy on this host added it. A proxy that adds none lets clients
 * choose their address.
 */
export function clientAddress(request: IncomingMessage): string | undefined {
  const peer = peerAddress(request.socket);
  const forwarded = request.headers["x-forwarded-for"];
  if (forwarded === undefined || peer === undefined || !isLoopbackAddress(peer)) {
    return peer;
  }
  return ipAddress(String(forwarded).split(",").at(-1)?.trim() ?? "") ?? peer;
}

/** Parsed once per connection, which carries thousands of requests. */
const peers = new WeakMap<Socket, string>();

function peerAddress(socket: Socket): string | undefined {
  const known = peers.get(socket);
  if (known !== undefined) {
    return known;
  }
  const address = ipAddress(socket.remoteAddress ?? "");
  if (address !== undefined) {
    peers.set(socket, address);
  }
  return address;
}

/** Identifies an open connection of a listener. */
export function connectionName({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
