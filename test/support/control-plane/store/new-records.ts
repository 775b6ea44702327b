import type { NewAuditEvent } from "../../../../src/control-plane/store/contract/audit.ts";
import type {
  ExecutorDeclaration,
  NewExecutor,
} from "../../../../src/control-plane/store/contract/executors.ts";
import type { NewKey } from "../../../../src/control-plane/store/contract/keys.ts";
import type { NewNode } from "../../../../src/control-plane/store/contract/nodes.ts";
import type { NewPerson } from "../../../../src/control-plane/store/contract/people.ts";

/** Records that are valid and short. A test names only what it is about. */

export const ACME = { id: "acme", name: "Acme", slug: "acme", createdAt: 0 };

export const DECLARATION: ExecutorDeclaration = {
  version: "1.4.0",
  channel: "stable",
  hostName: "host",
  publicHost: null,
  capabilities: "{}",
  resources: "{}",
};

/** Its hash is that of no real secret; it begins a lineage. */
export function newKey(id: string, facts: Partial<NewKey> = {}): NewKey {
  return {
    id,
    name: id,
    hash: hashOf(id),
    start: "exc_aa",
    organizationId: ACME.id,
    createdAt: 0,
    expiresAt: null,
    lineageId: id,
    target: null,
    ...facts,
  };
}

/** 43 characters, as base64url has for 32 bytes. */
export function hashOf(id: string): string {
  return Buffer.from(id.padEnd(32, "-").slice(0, 32)).toString("base64url");
}

export function newExecutor(id: string, facts: Partial<NewExecutor> = {}): NewExecutor {
  return {
    ...DECLARATION,
    id,
    organizationId: ACME.id,
    name: id,
    kind: "agent",
    createdAt: 0,
    enrolledBy: "k",
    ...facts,
  };
}

export function newNode(id: string, facts: Partial<NewNode> = {}): NewNode {
  return {
    id,
    organizationId: ACME.id,
    executorId: "e1",
    name: id,
    revision: 1,
    lostChanges: 0,
    createdAt: 1,
    config: {
      chain: "litecoin",
      network: "regtest",
      nodeType: "full",
      clients: [{ role: "node", client: "litecoind", version: "0.21.4", allowDowngrade: false }],
      overrides: [],
      limits: [],
      ports: [],
    },
    desiredState: "running",
    restartGeneration: 0,
    deletion: null,
    ...facts,
  };
}

export function newEvent(id: string, facts: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    id,
    organizationId: ACME.id,
    at: 0,
    actor: "Olga <olga@example.com>",
    actorId: null,
    action: "api_key.created",
    targetType: "api_key",
    targetId: "k",
    targetName: "prod",
    details: "{}",
    source: "page",
    ...facts,
  };
}

export function newPerson(id: string, facts: Partial<NewPerson> = {}): NewPerson {
  return {
    id,
    name: id,
    email: `${id}@example.com`,
    passwordHash: `hash of ${id}`,
    createdAt: 0,
    ...facts,
  };
}
