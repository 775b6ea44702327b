import * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { CHANNELS } from "../../../protocol/channels.ts";
import { MAX_PID, SERVICE_NAME } from "../../../protocol/instance-place.ts";
import { MAX_EMAIL_CHARACTERS } from "../../../protocol/limits.ts";
import { nodesReport } from "../../../protocol/nodes/node-exchange.ts";
import { ROLES } from "../../../protocol/roles.ts";
import { badInput } from "../../api-error.ts";

/** The arguments of every root field. They bound each length, which a GraphQL schema cannot do. */

const MAX_LIST_LIMIT = 500;
export const MAX_EXECUTOR_NAME_CHARACTERS = 253;
/** At most this many issues are reported. */
const MAX_ISSUES = 20;

export const reference = z.string().min(1).max(200);
const line = (maxLength: number) =>
  z
    .string()
    .refine(
      (value) => value !== "" && value.length <= maxLength && printable(value, maxLength) === value,
      `must be one line of 1 to ${maxLength} printable characters`,
    );
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);
export const orNull = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? null);
/** An object that is stored and shown exactly as it was sent. */
const asJson = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).transform((value) => JSON.stringify(value));
const words = z.array(line(100)).max(200);
const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const optionalBytes = optional(bytes);

const expectedOrganizationId = optional(reference);

// Strict, as graphql-js is: the fast path decodes executors' requests with these schemas alone.
export const currentKeyArguments = z.strictObject({
  input: z.strictObject({ executorName: line(MAX_EXECUTOR_NAME_CHARACTERS), expectedOrganizationId }),
});

export const syncArguments = z.strictObject({
  input: z.strictObject({
    name: line(MAX_EXECUTOR_NAME_CHARACTERS),
    kind: z.enum(["agent", "operator"]),
    version: line(100),
    channel: z.enum(CHANNELS),
    instanceId: line(100),
    hostName: line(253),
    publicHost: orNull(line(253)),
    expectedOrganizationId,
    capabilities: asJson({
      supportedChains: z.array(z.strictObject({ chain: line(100), networks: words })).max(200),
      features: words,
      storageClasses: words,
    }),
    resources: asJson({
      cpuCount: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1),
      memoryTotalBytes: bytes,
      memoryFreeBytes: bytes,
      diskTotalBytes: optionalBytes,
      diskFreeBytes: optionalBytes,
    }),
    nodes: optional(nodesReport),
    process: orNull(
      z.strictObject({
        bootHash: z.string().regex(/^[0-9a-f]{32}$/u, "must be 32 hexadecimal digits"),
        pid: z.number().int().min(1).max(MAX_PID),
        unit: orNull(z.string().regex(SERVICE_NAME, "must be the name of a systemd service")),
      }),
    ),
  }),
});

export const signOffArguments = z.strictObject({
  input: z.strictObject({ executorName: line(MAX_EXECUTOR_NAME_CHARACTERS), instanceId: line(100) }),
});

export type CurrentKeyInput = z.output<typeof currentKeyArguments>["input"];
export type SignOffInput = z.output<typeof signOffArguments>["input"];
export type SyncInput = z.output<typeof syncArguments>["input"];

export const page = {
  limit: z.number().int().min(1).max(MAX_LIST_LIMIT),
  before: orNull(z.string().max(200)),
};

export const organization = optional(reference);
export const search = orNull(z.string().max(200)).transform((text) => (text?.trim() === "" ? null : text));

export const listArguments = z.object({ organization, search, ...page });
export const auditArguments = z.object({
  organization,
  action: search,
  actor: search,
  target: search,
  from: orNull(z.number()),
  to: orNull(z.number()),
  ...page,
  after: orNull(z.string().max(200)),
});
export const auditExportArguments = z.object({
  number: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  limit: z.number().int().min(1).max(MAX_LIST_LIMIT),
});
const email = z.string().min(1).max(MAX_EMAIL_CHARACTERS);
export const emailArguments = z.object({ email });
export const signInLinkArguments = z.object({ email: optional(email) });
export const addMemberArguments = z.object({ organization, email, role: optional(z.enum(ROLES)) });
export const scopeArguments = z.object({ organization });
export const revokeAccessArguments = z.object({ executorId: reference, keyId: optional(reference) });
export const deleteExecutorArguments = z.object({ executorId: reference, revokeKeys: z.boolean() });
export const usedByArguments = z.object({ limit: z.number().int().min(1).max(100) });
export const organizationArguments = z.object({ name: z.string().max(1000), slug: z.string().max(1000) });
export const keyArguments = z.object({ id: reference });
export const rotateArguments = z.object({ id: reference, revokesAt: optional(z.number()) });
export const createKeyArguments = z.object({
  input: z.object({
    organization,
    name: optional(z.string().max(1000)),
    expiresAt: optional(z.number()),
    target: optional(reference),
  }),
});

/**
 * Decodes `value`. Throws BAD_USER_INPUT that names each field that does not fit, and never shows
 * the value.
 */
export function decoded<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) {
    if (holdsNul(result.data)) {
      throw badInput("a text has the character NUL (U+0000), which no record has: leave it out");
    }
    return result.data;
  }
  const issues = result.error.issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
  throw badInput(printable(issues.join("; "), 1000));
}

/** The store takes no NUL, because not every database can keep one. */
function holdsNul(value: unknown): boolean {
  if (typeof value === "string") {
    return value.includes("\0");
  }
  return typeof value === "object" && value !== null && Object.values(value).some(holdsNul);
}
