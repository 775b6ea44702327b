import { type Command, Option } from "commander";
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
import { OFFLINE_CAUSES, type OfflineCause } from "../../protocol/statuses.ts";
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

/** With the time: "key revoked 3 min ago". */
const CAUSES: Readonly<Record<Exclude<OfflineCause, "silent">, string>> = {
  stopped: "stopped",
  key_deleted: "key deleted",
  key_revoked: "key revoked",
  key_expired: "key expired",
  refused: "refused",
};

const REFUSAL = "key { id name fingerprint } reason message address at";
const EXECUTORS = `query($organization: String!, $limit: Int, $before: ID, $filter: ExecutorFilter) {
  executors(organization: $organization, limit: $limit, before: $before, filter: $filter) {
    damaged id name kind status version channel hostName publicHost createdAt lastSyncAt key { id name fingerprint }
    keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }
    stoppedAt instances { instanceId hostName address lastSyncAt process { bootHash pid unit } }
    lastRefusal { ${REFUSAL} }
    offlineReason { cause at key { id name fingerprint } refusal { ${REFUSAL} } isKnocking } } }`;

interface ListOptions extends OrganizationOptions, ListingOptions {
  readonly status?: "online" | "offline";
  readonly cause?: OfflineCause;
  readonly refused?: boolean;
}

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
    options: [
      new Option("--status <status>", "only those with this status").choices(["online", "offline"]),
      new Option("--cause <cause>", "only those that are offline because of this").choices(OFFLINE_CAUSES),
      new Option("--refused", "only those that were refused in the last 3 minutes, and not accepted since"),
      ...listingOptions(),
      ...organizationOptions(),
    ],
    examples: [
      { command: "sudo novacula-control-plane executors list", does: "who is online, and with which key" },
      { command: "sudo novacula-control-plane executors list --status offline", does: "who is not, and why" },
      { command: "sudo novacula-control-plane executors list --org acme --quiet", does: "only their ids" },
    ],
    action: (options: ListOptions) => list(options, terminal),
  });
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const data = z.object({ executors: z.array(executor) });
  const executors = await allPages(async (before) => {
    const { status: wanted, cause, refused } = options;
    const filter = { status: wanted, cause, concern: refused === true ? "refused" : undefined };
    const variables = { organization: organization.id, limit: 500, before, filter };
    return (await client.request(EXECUTORS, variables, data)).executors;
  });
  const isFiltered = [options.status, options.cause, options.refused].some((given) => given !== undefined);
  const empty = isFiltered
    ? `Organization ${organization.slug} has no such executor.`
    : `Organization ${organization.slug} has no executor yet. The first sync of an agent creates it.`;
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
    rows: executors.map(
      ({ name, status: state, kind, version, hostName, lastSyncAt, offlineReason, key }) => [
        name,
        status(state, COLOURS),
        kind,
        version,
        hostName,
        offlineReason === null || offlineReason.cause === "silent"
          ? relativeTime(lastSyncAt, now)
          : `${CAUSES[offlineReason.cause]}${ago(offlineReason.at, now)}`,
        key === null ? "none" : `${key.name} (${key.fingerprint})`,
      ],
    ),
    ids: executors.map(({ id }) => id),
    empty,
    notes: [
      ...executors.flatMap((each) => [...duplicateNote(each), ...refusalNote(each, now)]),
      ...damageNotes(executors, remedy),
    ],
  };
}

function ago(moment: string | null, now: number): string {
  return moment === null ? "" : ` ${relativeTime(moment, now)}`;
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
