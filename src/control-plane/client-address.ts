import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { ipAddress, isLoopbackAddress } from "./ip-address.ts";

/**
 * Where the request comes from, in the spelling of ip-address.ts. On a loopback connection a TLS
 * proxy of this host says it, as the last that it added; one that adds none leaves it to the client
 * what it is called.
 */
export function clientAddress(request: IncomingMessage): string | undefined {
  const peer = ipAddress(request.socket.remoteAddress ?? "");
  const forwarded = request.headers["x-forwarded-for"];
  if (forwarded === undefined || peer === undefined || !isLoopbackAddress(peer)) return peer;
  return ipAddress(String(forwarded).split(",").at(-1)?.trim() ?? "") ?? peer;
}

/** Tells the connections of a listener apart, while they are open. */
export function connectionName({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
