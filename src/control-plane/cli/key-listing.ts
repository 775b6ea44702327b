import * as z from "zod";
import { damageNotes, relativeTime, table } from "../../lib/command-line/table.ts";
import { OperatorError } from "../../lib/errors.ts";
import type { Organization } from "../store/contract/store.ts";
import type { ManagementClient } from "./management-client.ts";

const PAGE_SIZE = 500;
const time = z.number().nullable();
const executorReference = z.object({ id: z.string(), name: z.string(), isDeleted: z.boolean() });

export const API_KEY_FIELDS = `damaged id name fingerprint status createdAt expiresAt revokesAt revokedAt lastUsedAt
  target { id name isDeleted } usedBy(limit: 2) { executor { id name isDeleted } lastUsedAt } usedByCount`;

export const listedKey = z.object({
  id: z.string(),
  name: z.string(),
  fingerprint: z.string(),
  status: z.enum(["active", "expired", "revoked", "damaged"]),
  damaged: z.array(z.string()),
  createdAt: z.number(),
  expiresAt: time,
  revokesAt: time,
  revokedAt: time,
  lastUsedAt: time,
  target: executorReference.nullable(),
  usedBy: z.array(z.object({ executor: executorReference, lastUsedAt: z.number() })),
  usedByCount: z.number(),
});

export type ListedKey = z.output<typeof listedKey>;

/** Every key of the organization, newest first, page by page. */
export async function listKeys(
  client: ManagementClient,
  { id }: Organization,
): Promise<readonly ListedKey[]> {
  const document = `query($organization: String!, $limit: Int, $before: ID) {
    apiKeys(organization: $organization, limit: $limit, before: $before) { ${API_KEY_FIELDS} } }`;
  const data = z.object({ apiKeys: z.array(listedKey) });
  return allPages(async (before) => {
    const variables = { organization: id, limit: PAGE_SIZE, before };
    return (await client.request(document, variables, data)).apiKeys;
  });
}

/** Asks for pages of 500 until one is not full. */
export async function allPages<Entry extends { readonly id: string }>(
  page: (before: string | null) => Promise<readonly Entry[]>,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let before: string | null = null; ; ) {
    const next = await page(before);
    entries.push(...next);
    const last = next.at(-1);
    if (last === undefined || next.length < PAGE_SIZE) {
      return entries;
    }
    if (last.id === before) {
      throw new OperatorError("the control plane answers the same page again and again");
    }
    before = last.id;
  }
}

/** The keys as a person reads them. */
export function keyTable(keys: readonly ListedKey[], now: number): string {
  const rows = keys.map((key) => [
    key.name,
    key.id,
    key.fingerprint,
    key.status,
    usedBy(key),
    key.damaged.includes("createdAt") ? "-" : relativeTime(key.createdAt, now),
    relativeTime(key.lastUsedAt, now),
    ending(key, now),
  ]);
  const headings = ["NAME", "KEY ID", "FINGERPRINT", "STATUS", "USED BY", "CREATED", "LAST USED", "ENDS"];
  const remedy = "it is refused: revoke it and create another one";
  return table(headings, rows) + damageNotes(keys, remedy);
}

function usedBy({ usedBy: uses, usedByCount, target }: ListedKey): string {
  const names = uses.map(({ executor }) => nameOf(executor));
  const more = usedByCount - names.length;
  if (names.length === 0) {
    return target === null ? "-" : `(for ${nameOf(target)})`;
  }
  return names.join(", ") + (more > 0 ? ` +${more}` : "");
}

function nameOf({ name, isDeleted }: z.output<typeof executorReference>): string {
  return isDeleted ? `${name} (deleted)` : name;
}

function ending({ revokedAt, revokesAt, expiresAt }: ListedKey, now: number): string {
  if (revokedAt !== null) {
    return `revoked ${relativeTime(revokedAt, now)}`;
  }
  if (revokesAt !== null && (expiresAt === null || revokesAt < expiresAt)) {
    return `revoked ${relativeTime(revokesAt, now)}`;
  }
  return expiresAt === null
    ? "never"
    : `expires ${relativeTime(expiresAt, now)}`.replace(/^expires (.* ago)$/, "expired $1");
}
