import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { ipAddress, isLoopbackAddress } from "./ip-address.ts";

/**
 * Where the request comes from, in the spelling of ip-address.ts. On a loopback connection a TLS
 * proxy of this host says it, as the last that it added; one that adds none leaves it to the client
 * what it is called.
 */
export function clientAddress(request: IncomingMessage): string | undefined {
  const peer = peerAddress(request.socket);
  const forwarded = request.headers["x-forwarded-for"];
  if (forwarded === undefined || peer === undefined || !isLoopbackAddress(peer)) {
    return peer;
  }
  return ipAddress(String(forwarded).split(",").at(-1)?.trim() ?? "") ?? peer;
}

/** It stays the same for as long as the connection does, which brings thousands of requests. */
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

/** Tells the connections of a listener apart, while they are open. */
export function connectionName({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
