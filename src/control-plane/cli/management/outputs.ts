import * as z from "zod";
import { ROLES } from "../../../protocol/roles.ts";
import { API_KEY_STATUSES, EXECUTOR_STATUSES, OFFLINE_CAUSES } from "../../../protocol/statuses.ts";
import { damaged, isoTime, moment } from "./moment.ts";
import { changedNode, node, removedNode } from "./node-outputs.ts";

export const organization = z.object({ id: z.string(), name: z.string(), slug: z.string() });
export type Organization = z.output<typeof organization>;

export const keyReference = z.object({
  id: z.string(),
  name: z.string(),
  fingerprint: z.string().describe("The first 8 hex digits of the key's SHA-256"),
});
export type KeyReference = z.output<typeof keyReference>;

const executorReference = z.object({ id: z.string(), name: z.string(), isDeleted: z.boolean() });

export const key = keyReference.extend({
  status: z.enum(API_KEY_STATUSES),
  damaged,
  createdAt: moment,
  expiresAt: moment.nullable().describe("null: never"),
  revokesAt: moment.nullable().describe("End of the grace after a rotation; null: none is set"),
  revokedAt: moment.nullable(),
  lastUsedAt: moment.nullable(),
  target: executorReference.nullable().describe("The executor that it was made for"),
  usedBy: z
    .array(z.object({ executor: executorReference, lastUsedAt: moment }))
    .describe("The two executors that used it last"),
  usedByCount: z.number().describe("How many executors used it, ever"),
  usedNow: z
    .array(z.object({ executor: executorReference, lastUsedAt: moment }))
    .describe("The first two executors that are bound to it, by name"),
  usedNowCount: z.number().describe("How many executors are bound to it"),
});
export type Key = z.output<typeof key>;

export const issuedKey = z.object({
  apiKey: key,
  secret: z.string().describe("The key itself; it cannot be read again"),
  note: z.string().nullish().describe("What to know about it"),
});

const refusal = z.object({
  key: keyReference,
  reason: z.string(),
  message: z.string(),
  address: z.string().nullable(),
  at: moment,
});

export const executor = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.enum(EXECUTOR_STATUSES),
  damaged,
  version: z.string(),
  channel: z.string(),
  hostName: z.string(),
  publicHost: z.string().nullable(),
  createdAt: moment,
  lastSyncAt: moment.nullable(),
  stoppedAt: moment
    .nullable()
    .describe("When its agent was stopped in an orderly way; null: it was not, or it syncs again"),
  key: keyReference.nullable(),
  keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: moment, lastUsedAt: moment })),
  instances: z
    .array(
      z.object({
        instanceId: z.string(),
        hostName: z.string(),
        address: z.string().nullable(),
        lastSyncAt: moment,
        process: z
          .object({
            bootHash: z.string().describe("The same for processes on one host"),
            pid: z.number(),
            unit: z.string().nullable().describe("The systemd service that it runs in; null: none"),
          })
          .nullable()
          .describe("null: its agent is older"),
      }),
    )
    .describe("More than one while several processes sync under this name"),
  lastRefusal: refusal.nullable().describe("Of a sync under its name (403), or of its key (401)"),
  offlineReason: z
    .object({
      cause: z.enum(OFFLINE_CAUSES),
      at: moment.nullable().describe("When it came about; null: unknown"),
      key: keyReference.nullable(),
      refusal: refusal.nullable().describe("The last one, if no sync was accepted after it"),
      isKnocking: z.boolean().describe("The refused host asked again in the last 3 minutes"),
    })
    .nullable()
    .describe("null: it is online, and its key has not ended"),
});
export type Executor = z.output<typeof executor>;

export const deletedExecutor = executor.pick({ id: true, name: true, lastSyncAt: true });

export const auditEvent = z.object({
  id: z.string(),
  at: moment,
  actor: z.string(),
  actorId: z.string().nullable(),
  action: z.string(),
  targetType: z.string(),
  targetId: z.string(),
  targetName: z.string(),
  details: z
    .string()
    .transform((text) => detailsOf(text))
    .pipe(z.record(z.string(), z.unknown())),
  source: z.string(),
  damaged,
});

/** One line of `audit export`. */
export const exportedEvent = z.object({ number: z.number(), organization: z.string(), ...auditEvent.shape });
export type ExportedEvent = z.output<typeof exportedEvent>;

const user = z.object({ id: z.string(), name: z.string(), email: z.string() });
const role = z.enum(ROLES);

export const person = user.extend({
  memberships: z.array(z.object({ role, organization: z.object({ slug: z.string() }) })),
});
export const addedMember = user.extend({ role, isChanged: z.boolean() });
export const passwordReset = z.object({ user, password: z.string().describe("Shown this once") });

export const oneTimeLink = z.object({
  url: z.string().describe("Works once"),
  expiresAt: moment,
});

const membership = z.object({ role, organization: z.object({ slug: z.string(), hasOwner: z.boolean() }) });

/**
 * What each command prints with `--json`: one object, its times in ISO 8601 with Z. The schemas are
 * published in docs/schemas/novacula-control-plane.
 */
export const OUTPUTS = {
  backup: z.object({
    backup: z.object({
      file: z.string().describe("The absolute path of the copy"),
      database: z.string().describe("The absolute path of the database"),
      sizeBytes: z.number(),
    }),
  }),
  migrate: z.object({
    migrated: z.object({
      from: z.string().describe("The absolute path of the SQLite file"),
      to: z.string().describe("The PostgreSQL database, without a password"),
      tables: z.array(
        z.object({
          name: z.string(),
          rows: z.number(),
          digest: z.string().describe("SHA-256 of its rows, in hex: the same of both databases"),
        }),
      ),
      leftOut: z
        .array(z.object({ table: z.string(), id: z.string(), columns: z.array(z.string()) }))
        .describe("Damaged rows, and rows that refer to them; only with --leave-out-damaged"),
    }),
  }),
  "org create": z.object({ organization }),
  "org list": z.object({ organizations: z.array(organization) }),
  "keys create": z.object({ key, secret: issuedKey.shape.secret }),
  "keys rotate": z.object({ key, secret: issuedKey.shape.secret, oldKey: keyReference }),
  "keys list": z.object({ keys: z.array(key) }),
  "keys revoke": z.object({ key }),
  "keys delete": z.object({ key }),
  "executors list": z.object({ executors: z.array(executor) }),
  "executors delete": z.object({ executor: deletedExecutor, revokedKeys: z.array(keyReference) }),
  "nodes create": changedNode,
  "nodes list": z.object({ nodes: z.array(node) }),
  "nodes show": z.object({ node }),
  "nodes update": changedNode,
  "nodes start": z.object({ node }),
  "nodes stop": z.object({ node }),
  "nodes restart": z.object({ node }),
  "nodes delete": removedNode,
  "setup-link": oneTimeLink,
  "sign-in-link": oneTimeLink,
  "audit list": z.object({ events: z.array(auditEvent) }),
  "people list": z.object({ people: z.array(user.extend({ memberships: z.array(membership) })) }),
  "people add": z.object({ member: user.extend({ role }), isChanged: z.boolean() }),
  "people reset-password": z.object({ person: user, password: passwordReset.shape.password }),
} as const;

export type Outputs = { readonly [Name in keyof typeof OUTPUTS]: z.output<(typeof OUTPUTS)[Name]> };

/** The fields of an event; a field that holds a time, such as `expiresAt`, in ISO 8601. */
function detailsOf(text: string): Record<string, unknown> {
  const fields = z.record(z.string(), z.unknown()).safeParse(parsedJson(text));
  const entries = Object.entries(fields.data ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      name.endsWith("At") && typeof value === "number" ? isoTime(value) : value,
    ]),
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
