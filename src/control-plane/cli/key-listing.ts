import * as z from "zod";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { damageNotes, type Listing } from "../../lib/command-line/listing.ts";
import type { Cell } from "../../lib/command-line/table.ts";
import type { Colour, Terminal } from "../../lib/command-line/terminal.ts";
import { relativeTime } from "../../lib/command-line/times.ts";
import { printable } from "../../lib/printable.ts";
import { KEY_PREFIX } from "../../protocol/key-shape.ts";
import { allPages, PAGE_SIZE } from "./management/all-pages.ts";
import type { ManagementClient } from "./management/management-client.ts";
import { type OrganizationOptions, organizationsOf, suggestion } from "./management/options.ts";
import { type Key, key, type Organization } from "./management/outputs.ts";

const COLOURS = { active: "green", expired: "yellow", revoked: "red", damaged: "red" } as const;

export const KEY_FIELDS = `damaged id name fingerprint status createdAt expiresAt revokesAt revokedAt lastUsedAt
  target { id name isDeleted } usedBy(limit: 2) { executor { id name isDeleted } lastUsedAt } usedByCount
  usedNow(limit: 2) { executor { id name isDeleted } lastUsedAt } usedNowCount`;

/** As ApiKeyFilter in schema.graphql. */
export interface KeyFilter {
  readonly status?: string | undefined;
  readonly concern?: string | undefined;
}

/** Every key of the organization that the filter matches, newest first. */
export async function listKeys(
  client: ManagementClient,
  { id }: Organization,
  filter: KeyFilter = {},
): Promise<readonly Key[]> {
  const document = `query($organization: String!, $limit: Int, $before: ID, $filter: ApiKeyFilter) {
    apiKeys(organization: $organization, limit: $limit, before: $before, filter: $filter) { ${KEY_FIELDS} } }`;
  const data = z.object({ apiKeys: z.array(key) });
  return allPages(async (before) => {
    const variables = { organization: id, limit: PAGE_SIZE, before, filter };
    return (await client.request(document, variables, data)).apiKeys;
  });
}

/** The key with this id; else the one key that has this fingerprint or name. */
export async function findKey(
  client: ManagementClient,
  reference: string,
  options: OrganizationOptions,
  terminal: Terminal,
): Promise<Key> {
  const keys: Key[] = [];
  for (const organization of await organizationsOf(client, options, terminal)) {
    keys.push(...(await listKeys(client, organization)));
  }
  const byId = keys.find(({ id }) => id === reference);
  const matches =
    byId === undefined
      ? keys.filter(({ name, fingerprint }) => name === reference || fingerprint === reference)
      : [byId];
  const [match, ...others] = matches;
  if (match === undefined) {
    throw new CommandError("not_found", `there is no key ${shown(reference)}`, {
      fix: `give the id, the fingerprint or the name of a key from: ${suggestion("keys list", options)}`,
    });
  }
  if (others.length === 0) {
    return match;
  }
  const candidates = matches
    .map(({ id, status, fingerprint }) => `\n  ${id}  ${fingerprint}  ${status}`)
    .join("");
  throw new CommandError("ambiguous", `${matches.length} keys are called ${shown(reference)}${candidates}`, {
    fix: "give the id of one",
  });
}

/** Somebody will paste the key itself one day, and error messages travel far. */
function shown(reference: string): string {
  return reference.startsWith(KEY_PREFIX)
    ? "exc_… (that is the key itself, which is not stored)"
    : printable(reference);
}

/** The keys as a person reads them. `now` is epoch ms. */
export function keyListing(keys: readonly Key[], empty: string, now: number): Listing {
  return {
    headings: ["NAME", "KEY ID", "FINGERPRINT", "STATUS", "USED BY", "CREATED", "LAST USED", "EXPIRES"],
    rows: keys.map((key) => [
      key.name,
      key.id,
      key.fingerprint,
      status(key.status, COLOURS),
      usedBy(key),
      key.damaged.includes("createdAt") ? "-" : relativeTime(key.createdAt, now),
      relativeTime(key.lastUsedAt, now),
      expiry(key, now),
    ]),
    ids: keys.map(({ id }) => id),
    empty,
    notes: damageNotes(keys, "revoke it, as it is refused, and create another one"),
  };
}

export function status<Name extends string>(name: Name, colours: Readonly<Record<Name, Colour>>): Cell {
  return { text: name, colour: colours[name] };
}

/** Who is on it now; if nobody is, who was, or whom it is for. */
function usedBy({ usedNow, usedNowCount, usedBy: uses, usedByCount, target }: Key): string {
  if (usedNowCount > 0) {
    return named(usedNow, usedNowCount);
  }
  if (usedByCount > 0) {
    return `(before: ${named(uses, usedByCount)})`;
  }
  return target === null ? "-" : `(for ${nameOf(target)})`;
}

function named(uses: Key["usedBy"], count: number): string {
  const names = uses.map(({ executor }) => nameOf(executor));
  const more = count - names.length;
  return names.join(", ") + (more > 0 ? ` +${more}` : "");
}

function nameOf({ name, isDeleted }: { readonly name: string; readonly isDeleted: boolean }): string {
  return isDeleted ? `${name} (deleted)` : name;
}

function expiry({ revokedAt, revokesAt, expiresAt }: Key, now: number): string {
  if (revokedAt !== null) {
    return `revoked ${relativeTime(revokedAt, now)}`;
  }
  if (revokesAt !== null && (expiresAt === null || revokesAt < expiresAt)) {
    return `revoked ${relativeTime(revokesAt, now)}`;
  }
  return relativeTime(expiresAt, now);
}
