import type { Command } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import {
  damageNotes,
  type Listing,
  type ListingOptions,
  listingOptions,
  listingText,
} from "../../lib/command-line/listing.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { relativeTime } from "../../lib/command-line/times.ts";
import { printable } from "../../lib/printable.ts";
import { instanceWords, isOneHost } from "../../protocol/instance-place.ts";
import { executorDeletionCommand } from "./executor-deletion-command.ts";
import { status } from "./key-listing.ts";
import { allPages } from "./management/all-pages.ts";
import {
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  organizationOptions,
  print,
} from "./management/options.ts";
import { type Executor, executor } from "./management/outputs.ts";

/** Older refusals are no news. */
const REFUSAL_NEWS_MS = 86_400_000;
const COLOURS = { online: "green", offline: "yellow", damaged: "red" } as const;

const EXECUTORS = `query($organization: String!, $limit: Int, $before: ID) {
  executors(organization: $organization, limit: $limit, before: $before) {
    damaged id name kind status version channel hostName publicHost createdAt lastSyncAt key { id name fingerprint }
    keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }
    stoppedAt instances { instanceId hostName address lastSyncAt process { bootHash pid unit } }
    lastRefusal { key { id name fingerprint } reason message address at } } }`;

export function executorCommands(context: CommandContext): Command {
  return createCommand({
    name: "executors",
    alias: "executor",
    group: "Management:",
    summary: "list executors, and delete one",
    description: "Shows which executors are online, and with which key. Deletes executors.",
    commands: [listCommand(context), executorDeletionCommand(context)],
  });
}

function listCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "list",
    summary: "list the executors",
    description: "Lists the executors. Below the table it names clones, and syncs that were refused.",
    options: [...listingOptions(), ...organizationOptions()],
    examples: [
      { command: "sudo novacula-control-plane executors list", does: "who is online, and with which key" },
      { command: "sudo novacula-control-plane executors list --org acme --quiet", does: "only their ids" },
    ],
    action: (options: OrganizationOptions & ListingOptions) => list(options, terminal),
  });
}

async function list(options: OrganizationOptions & ListingOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const data = z.object({ executors: z.array(executor) });
  const executors = await allPages(async (before) => {
    const variables = { organization: organization.id, limit: 500, before };
    return (await client.request(EXECUTORS, variables, data)).executors;
  });
  const empty = `Organization ${organization.slug} has no executor yet. The first sync of an agent creates it.`;
  print<"executors list">(terminal, options, {
    value: { executors: [...executors] },
    text: listingText(listing(executors, empty, Date.now()), options, terminal),
  });
}

function listing(executors: readonly Executor[], empty: string, now: number): Listing {
  const remedy =
    "wait for its next sync, which repairs what it declares. If it stays damaged, repair it or delete the executor";
  return {
    headings: ["NAME", "STATUS", "KIND", "VERSION", "HOST", "LAST SYNC", "KEY"],
    rows: executors.map(({ name, status: state, kind, version, hostName, lastSyncAt, stoppedAt, key }) => [
      name,
      status(state, COLOURS),
      kind,
      version,
      hostName,
      stoppedAt === null ? relativeTime(lastSyncAt, now) : `stopped ${relativeTime(stoppedAt, now)}`,
      key === null ? "none" : `${key.name} (${key.fingerprint})`,
    ]),
    ids: executors.map(({ id }) => id),
    empty,
    notes: [
      ...executors.flatMap((each) => [...duplicateNote(each), ...refusalNote(each, now)]),
      ...damageNotes(executors, remedy),
    ],
  };
}

function duplicateNote({ name, instances }: Executor): string[] {
  if (instances.length < 2) {
    return [];
  }
  const processes = instances.map((one) => printable(instanceWords(one), 400)).join(" and ");
  const fix = isOneHost(instances)
    ? "They run on one host: stop all but one there"
    : "Fix: stop all but one, or rename them";
  return [`${printable(name)}: ${processes} sync under this name at the same time. ${fix}`];
}

function refusalNote({ name, lastRefusal }: Executor, now: number): string[] {
  if (lastRefusal === null || now - Date.parse(lastRefusal.at) > REFUSAL_NEWS_MS) {
    return [];
  }
  const { key, at, message, address } = lastRefusal;
  const from = address === null ? "" : ` from ${printable(address)}`;
  const what = `a sync with key ${printable(key.name)} (${key.fingerprint})${from} was refused ${relativeTime(at, now)}`;
  return [`${printable(name)}: ${what}: ${printable(message, 400)}`];
}
