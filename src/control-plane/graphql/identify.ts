import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { keyRefused } from "../api-error.ts";
import type { ActivityWriter } from "../executors/activity-writer.ts";
import type { ExecutorCaller } from "../executors/executor-caller.ts";
import { clientAddress } from "../http/client-address.ts";
import { requireSameOrigin } from "../http/same-origin.ts";
import { authenticate } from "../keys/authenticate.ts";
import type { DamageLog } from "../log/damage-log.ts";
import type { RefusalLog } from "../log/refusal-log.ts";
import type { People } from "../people/people.ts";
import type { SyncLookups } from "../store/contract/store.ts";
import type { Caller } from "./caller.ts";

/** Where a request came in. */
export type Listener = "network" | "management-socket";

export interface IdentifyDeps {
  readonly lookups: SyncLookups;
  readonly activityWriter: ActivityWriter;
  readonly refusals: RefusalLog;
  readonly damages: DamageLog;
  readonly now: () => number;
  /** Undefined: there is no sign-in, and the network listener serves executors only. */
  readonly people: People | undefined;
}

/**
 * Finds out who sends a request, from its listener and headers alone. Rejects with an ApiError if
 * the key is refused or the request comes from another site. A request with a key never uses a
 * cookie, and a browser's request never needs a key.
 */
export async function identify(
  deps: IdentifyDeps,
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Caller> {
  if (listener === "management-socket") {
    return { kind: "operator" };
  }
  const { people } = deps;
  if (people === undefined || !isBrowser(request.headers)) {
    return { kind: "executor", executor: await authenticatedExecutor(deps, request) };
  }
  requireSameOrigin(request.headers, people.origin);
  const signedIn = await people.signedIn(request, response);
  return signedIn === undefined ? { kind: "visitor" } : { kind: "person", signedIn };
}

async function authenticatedExecutor(deps: IdentifyDeps, request: IncomingMessage): Promise<ExecutorCaller> {
  const { lookups, activityWriter, refusals, damages, now } = deps;
  const address = clientAddress(request) ?? null;
  const result = await authenticate(request.headers.authorization, lookups.keys, now());
  if (result.kind === "accepted") {
    activityWriter.note({ kind: "key-used", keyId: result.key.id, at: now() });
    return { key: result.key, address };
  }
  const { keyId, fingerprint, damage, facts } = result;
  if (damage !== undefined) {
    damages.note("apikey", damage.id, damage);
  }
  const { reason, message } = result;
  if (keyId !== undefined) {
    const refusal = { reason, message, address, executorId: null, at: now() };
    activityWriter.note({ kind: "key-refused", keyId, refusal });
  }
  const error = keyRefused(reason, message, facts);
  refusals.note({ error, keyId, fingerprint, address });
  throw error;
}

/** Only a request without a key can be a browser's: the key alone decides who an executor is. */
export function isBrowser(headers: IncomingHttpHeaders): boolean {
  const { authorization, cookie, origin } = headers;
  return (
    authorization === undefined &&
    (cookie !== undefined || origin !== undefined || headers["sec-fetch-site"] !== undefined)
  );
}
