import { keyFingerprint } from "../../src/protocol/fingerprint.ts";
import { failure, json } from "./agent/behaviours.ts";
import type { Behaviour } from "./agent/faulty-server.ts";

/** A reply with nothing that the agent would report to an operator. */
export const plainly: Behaviour = (exchange) => {
  const { input, keyFingerprint: fingerprint } = exchange.request;
  const syncExecutor = {
    executor: { id: "executor-1", name: String(input["name"]) },
    key: { id: `k_${fingerprint}`, name: "prod", expiresAt: null, revokesAt: null },
    organization: { id: "org-1", name: "Acme", slug: "acme" },
    heartbeatTimeoutMs: 30_000,
    syncIntervalMs: null,
    compatibility: { verdict: "supported", recommendedVersion: null },
    duplicates: [],
    pendingUpgrade: null,
    // It manages nodes, and this executor has none.
    nodes:
      input["nodes"] === undefined
        ? null
        : { changeNumber: 0, count: 0, list: null, wantsCapabilities: false, wantsWhole: false },
  };
  json(200, { data: { syncExecutor } })(exchange);
};

const revoked = json(401, failure("UNAUTHENTICATED", { reason: "revoked" }, null));

/** A control plane that knows these keys. All others are revoked. */
export function onlyFor(secrets: readonly string[], otherwise: Behaviour = revoked): Behaviour {
  const good = new Set<string | undefined>(secrets.map(keyFingerprint));
  return (exchange) => (good.has(exchange.request.keyFingerprint) ? plainly : otherwise)(exchange);
}
