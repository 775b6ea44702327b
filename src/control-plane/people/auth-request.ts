import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** A request as better-auth takes it: the headers that matter to it, and the address that we know. */
export function authHeaders(headers: IncomingHttpHeaders, address: string | undefined): Headers {
  const passed = new Headers();
  for (const name of ["cookie", "content-type", "origin", "user-agent", "accept"] as const) {
    const value = headers[name];
    if (value !== undefined) passed.set(name, value);
  }
  if (address !== undefined) passed.set("x-novacula-address", address);
  return passed;
}

/** Where the request comes from. On a loopback connection a TLS proxy of this host says it, as the last that it added. */
export function clientAddress(request: IncomingMessage): string | undefined {
  const peer = request.socket.remoteAddress;
  const forwarded = request.headers["x-forwarded-for"];
  if (!isLoopback(peer) || forwarded === undefined) return peer;
  const last = String(forwarded).split(",").at(-1)?.trim();
  return last === undefined || !/^[\da-fA-F.:]{2,45}$/.test(last) ? peer : last;
}

function isLoopback(address: string | undefined): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./.test(address ?? "");
}
