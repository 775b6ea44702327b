import type { IncomingMessage } from "node:http";

/**
 * Where the request comes from. On a loopback connection a TLS proxy of this host says it, as the last that it added;
 * one that adds none leaves it to the client what it is called.
 */
export function clientAddress(request: IncomingMessage): string | undefined {
  const peer = request.socket.remoteAddress;
  const forwarded = request.headers["x-forwarded-for"];
  if (forwarded === undefined || !isLoopback(peer)) return peer;
  const last = String(forwarded).split(",").at(-1)?.trim();
  return last === undefined || !/^[\da-fA-F.:]{2,45}$/.test(last) ? peer : last;
}

function isLoopback(address: string | undefined): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./.test(address ?? "");
}
