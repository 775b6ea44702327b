import type { Command } from "commander";
import * as z from "zod";
import { damageNotes, relativeTime, table } from "../../lib/command-line/table.ts";
import { printable } from "../../lib/printable.ts";
import { addExecutorDeletionCommand } from "./executor-deletion-command.ts";
import { allPages } from "./key-listing.ts";
import {
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  print,
  withOrganizationOption,
} from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** Older refusals are history, and no news. */
const REFUSAL_NEWS_MS = 86_400_000;

const keyReference = z.object({ id: z.string(), name: z.string(), fingerprint: z.string() });

const listedExecutor = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.enum(["online", "offline", "damaged"]),
  damaged: z.array(z.string()),
  version: z.string(),
  channel: z.string(),
  hostName: z.string(),
  publicHost: z.string().nullable(),
  createdAt: z.number(),
  lastSyncAt: z.number().nullable(),
  key: keyReference.nullable(),
  keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: z.number(), lastUsedAt: z.number() })),
  instances: z.array(
    z.object({
      instanceId: z.string(),
      hostName: z.string(),
      address: z.string().nullable(),
      lastSyncAt: z.number(),
    }),
  ),
  lastRefusal: z
    .object({
      key: keyReference,
      reason: z.string(),
      message: z.string(),
      address: z.string().nullable(),
      at: z.number(),
    })
    .nullable(),
});

type ListedExecutor = z.output<typeof listedExecutor>;

const EXECUTORS = `query($organization: String!, $limit: Int, $before: ID) {
  executors(organization: $organization, limit: $limit, before: $before) {
    damaged id name kind status version channel hostName publicHost createdAt lastSyncAt key { id name fingerprint }
    keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }
    instances { instanceId hostName address lastSyncAt }
    lastRefusal { key { id name fingerprint } reason message address at } } }`;

export function addExecutorCommands(program: Command, terminal: Terminal): void {
  const commands = program
    .command("executors")
    .alias("executor")
    .description("executors: who is online, with which key; delete one");
  withOrganizationOption(commands.command("list"))
    .description("list the executors; names clones, and syncs that were refused")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane executors list --org acme")
    .action((options: OrganizationOptions) => list(options, terminal));
  addExecutorDeletionCommand(commands, terminal);
}

async function list(options: OrganizationOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options);
  const data = z.object({ executors: z.array(listedExecutor) });
  const executors = await allPages(async (before) => {
    const variables = { organization: organization.id, limit: 500, before };
    return (await client.request(EXECUTORS, variables, data)).executors;
  });
  const empty = `Organization ${organization.slug} has no executor yet: the first sync of an agent creates it.\n`;
  print(terminal, options, executors, executors.length === 0 ? empty : executorTable(executors, Date.now()));
}

function executorTable(executors: readonly ListedExecutor[], now: number): string {
  const rows = executors.map(({ name, status, kind, version, hostName, lastSyncAt, key }) => [
    name,
    status,
    kind,
    version,
    hostName,
    relativeTime(lastSyncAt, now),
    key === null ? "none" : `${key.name} (${key.fingerprint})`,
  ]);
  const text = table(["NAME", "STATUS", "KIND", "VERSION", "HOST", "LAST SYNC", "KEY"], rows);
  const notes = executors.flatMap((executor) => [...duplicateNote(executor), ...refusalNote(executor, now)]);
  const remedy = "its next sync puts right what it declares; what stays so, repair, or delete the executor";
  return `${notes.length === 0 ? text : `${text}\n${notes.join("")}`}${damageNotes(executors, remedy)}`;
}

function duplicateNote({ name, instances }: ListedExecutor): string[] {
  if (instances.length < 2) {
    return [];
  }
  const hosts = instances.map(
    ({ hostName, address }) => `${printable(hostName)} (${printable(address ?? "?")})`,
  );
  return [
    `${printable(name)}: ${hosts.join(" and ")} sync under this name at the same time; stop all but one, or rename them\n`,
  ];
}

function refusalNote({ name, lastRefusal }: ListedExecutor, now: number): string[] {
  if (lastRefusal === null || now - lastRefusal.at > REFUSAL_NEWS_MS) {
    return [];
  }
  const { key, at, message, address } = lastRefusal;
  const from = address === null ? "" : ` from ${printable(address)}`;
  const what = `a sync with key ${printable(key.name)} (${key.fingerprint})${from} was refused ${relativeTime(at, now)}`;
  return [`${printable(name)}: ${what}: ${printable(message, 400)}\n`];
}
