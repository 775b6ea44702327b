import type { IncomingMessage, ServerResponse } from "node:http";
import { isLoopbackHost } from "../../lib/loopback.ts";
import { send } from "./http-answer.ts";

/**
 * Refuses a request whose Host header names another host; returns whether it did. A website can
 * make its own name lead to 127.0.0.1 (DNS rebinding). Then a browser sends that name.
 */
export function refuseOtherHost(request: IncomingMessage, response: ServerResponse): boolean {
  if (isLoopbackName(request.headers.host ?? "")) {
    return false;
  }
  // RFC 9110, 15.5.20.
  send(response, {
    status: 421,
    headers: { Connection: "close" },
    body: { code: "MISDIRECTED_REQUEST", message: "this control plane serves its own host only: 127.0.0.1" },
  });
  return true;
}

function isLoopbackName(host: string): boolean {
  const [, name] = /^(\[[0-9a-f:]+\]|[\w.-]+)(?::\d{1,5})?$/iu.exec(host) ?? [];
  return name !== undefined && isLoopbackHost(name);
}
