import type { Command } from "commander";
import * as z from "zod";
import { damageNotes, table } from "../../lib/command-line/table.ts";
import {
  integerUpTo,
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  print,
  withOrganizationOption,
} from "./options.ts";
import type { Terminal } from "./terminal.ts";

interface AuditOptions extends OrganizationOptions {
  readonly limit: number;
  readonly before?: string;
}

const auditEvent = z.object({
  id: z.string(),
  at: z.number(),
  actor: z.string(),
  actorId: z.string().nullable(),
  action: z.string(),
  targetType: z.string(),
  targetId: z.string(),
  targetName: z.string(),
  details: z.string(),
  source: z.string(),
  damaged: z.array(z.string()),
});

const AUDIT_EVENTS = `query($organization: String!, $limit: Int, $before: ID) {
  auditEvents(organization: $organization, limit: $limit, before: $before) {
    id at actor actorId action targetType targetId targetName details source damaged } }`;

export function addAuditCommands(program: Command, terminal: Terminal): void {
  const commands = program
    .command("audit")
    .description("the audit log: what was done to which key, by whom, when");
  withOrganizationOption(commands.command("list"))
    .description("list the events, newest first")
    .option("--limit <count>", "how many, at most 500", integerUpTo(500), 100)
    .option("--before <id>", "only events older than the one with this id")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane audit list --org acme --limit 20")
    .action((options: AuditOptions) => list(options, terminal));
}

async function list(options: AuditOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options);
  const variables = { organization: organization.id, limit: options.limit, before: options.before };
  const data = z.object({ auditEvents: z.array(auditEvent) });
  const { auditEvents: events } = await client.request(AUDIT_EVENTS, variables, data);
  const rows = events.map(({ at, action, targetName, targetId, actor, details, damaged }) => [
    damaged.includes("at") ? "-" : new Date(at).toISOString(),
    action,
    targetName,
    targetId,
    actor,
    details,
  ]);
  const text =
    table(["TIME", "ACTION", "KEY", "KEY ID", "ACTOR", "DETAILS"], rows) +
    damageNotes(events, "what cannot be read of it, a backup may have");
  print(terminal, options, events, rows.length === 0 ? "Nothing was done yet.\n" : text);
}
