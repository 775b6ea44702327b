import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What a proxy may send. A key fits, too: the log removes keys from every line. */
const REQUEST_ID = /^[\w.:=-]{1,64}$/;
/** W3C Trace Context, 3.2: version, trace, parent, flags; later versions may append more. */
const TRACE_PARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-[\da-f]{2}(?:$|-)/;

const current = new AsyncLocalStorage<IncomingMessage>();
const ids = new WeakMap<IncomingMessage, string>();

/** Every line that `work` logs, also later, names this request. */
export function inRequest<Result>(request: IncomingMessage, work: () => Result): Result {
  return current.run(request, work);
}

/** The proxy's X-Request-Id, or one of our own. The answer to a failed request has it, too. */
export function requestIdOf(request: IncomingMessage): string {
  const known = ids.get(request);
  if (known !== undefined) {
    return known;
  }
  const given = request.headers["x-request-id"];
  const id = typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
  ids.set(request, id);
  return id;
}

/** The fields of a JSON line that say which request it is about. None outside of a request. */
export function requestFields(): Readonly<Record<string, string>> {
  const request = current.getStore();
  if (request === undefined) {
    return {};
  }
  const [, traceId, parentSpanId] = TRACE_PARENT.exec(String(request.headers["traceparent"] ?? "")) ?? [];
  return {
    requestId: requestIdOf(request),
    ...(traceId === undefined || parentSpanId === undefined ? {} : { traceId, parentSpanId }),
  };
}
