import * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { NODE_PHASES } from "../../../protocol/nodes/node-phase.ts";
import {
  DESIRED_NODE_STATES,
  nodeClient,
  nodeConfigShape,
  nodeName,
} from "../../../protocol/nodes/node-spec.ts";
import type { RequestIssue } from "../../api-error.ts";
import { listArguments, reference } from "./inputs.ts";

/** The arguments of the root fields about nodes. */

const orNull = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? null);
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

export const nodeListArguments = listArguments.extend({
  executor: orNull(reference),
  chain: orNull(z.string().max(200)),
  phase: orNull(z.enum(NODE_PHASES)),
});

/** Roles without a client get the usual one. */
const clients = z.array(nodeClient).max(8);

export const createNodeArguments = z.object({
  input: z.object({
    organization: optional(reference),
    executor: reference,
    name: nodeName,
    ...nodeConfigShape,
    clients,
    desiredState: z.enum(DESIRED_NODE_STATES),
  }),
});

export const updateNodeArguments = z.object({
  id: reference,
  expectedRevision: z.number().int(),
  input: z.object({
    clients: optional(clients),
    overrides: optional(nodeConfigShape.overrides),
    limits: optional(nodeConfigShape.limits),
    ports: optional(nodeConfigShape.ports),
  }),
});

export const lifecycleArguments = z.object({ id: reference, action: z.enum(["start", "stop", "restart"]) });
const confirmName = z.string().max(200);
export const deleteNodeArguments = z.object({ id: reference, confirmName, keepData: z.boolean() });
export const closeLostNodeArguments = z.object({ id: reference, confirmName });
export const revisionsArguments = z.object({ limit: z.number().int().min(1).max(100) });

/** Entries of these lists have names, which say more than their positions. */
const LISTS = new Set<unknown>(["clients", "overrides", "limits", "ports"]);
const entry = z.object({ role: z.string(), key: z.string().optional(), name: z.string().optional() });

/**
 * What does not fit in the configuration of a node: each entry with its place, as people know it
 * (`overrides.node.dbcache`). Undefined if everything has its form.
 */
export function configurationIssues(schema: z.ZodType, value: unknown): readonly RequestIssue[] | undefined {
  const { error } = schema.safeParse(value);
  return error?.issues.map(({ path, message }) => ({
    code: "bad_value",
    place: placeOf(path, value),
    message: `It ${sentenceEnd(message)}.`,
  }));
}

function sentenceEnd(message: string): string {
  const text = message.startsWith("must ") ? message : `is not valid (${message})`;
  return printable(text, 200);
}

function placeOf([, list, index, ...rest]: readonly PropertyKey[], value: unknown): string {
  if (!LISTS.has(list) || typeof index !== "number") {
    return [list, index, ...rest]
      .filter((part) => part !== undefined)
      .map(String)
      .join(".");
  }
  const input = z.object({ input: z.record(z.string(), z.array(z.unknown()).catch([])) }).safeParse(value)
    .data?.input;
  const named = entry.safeParse(input?.[String(list)]?.[index]).data;
  const words = named === undefined ? [index] : [named.role, named.key ?? named.name];
  return [list, ...words, ...rest]
    .filter((part) => part !== undefined)
    .map((part) => printable(String(part), 64))
    .join(".");
}
