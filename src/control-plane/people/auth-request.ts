import type { IncomingHttpHeaders } from "node:http";

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
