import { type Command, Option } from "commander";
import * as z from "zod";
import { utcTime } from "../../lib/clock.ts";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import {
  damageNotes,
  type ListingOptions,
  listingOptions,
  listingText,
} from "../../lib/command-line/listing.ts";
import { printPaged } from "../../lib/command-line/pager.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { exportCommand } from "./audit-export.ts";
import {
  integerUpTo,
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  organizationOptions,
  print,
} from "./management/options.ts";
import { auditEvent } from "./management/outputs.ts";

interface AuditOptions extends OrganizationOptions, ListingOptions {
  readonly limit: number;
  readonly before?: string;
  /** False with `--no-pager`. */
  readonly pager?: boolean;
}

const AUDIT_EVENTS = `query($organization: String!, $limit: Int, $before: ID) {
  auditEvents(organization: $organization, limit: $limit, before: $before) {
    id at actor actorId action targetType targetId targetName details source damaged } }`;

export function auditCommands({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "audit",
    group: "Management:",
    summary: "list or export the audit log",
    description: "Lists or exports the audit log: who did what to which key, executor or person, and when.",
    commands: [
      createCommand({
        name: "list",
        summary: "list the events, newest first",
        description: "Lists the events, newest first.",
        options: [
          new Option("--limit <count>", "how many events, at most 500")
            .argParser(integerUpTo(500))
            .default(100),
          new Option("--before <id>", "only events older than the one with this id"),
          new Option("--no-pager", "on a terminal, do not show the list in $PAGER or less"),
          ...listingOptions(),
          ...organizationOptions(),
        ],
        examples: [
          {
            command: "sudo novacula-control-plane audit list --org acme --limit 20",
            does: "the latest 20 events",
          },
        ],
        action: (options: AuditOptions) => list(options, terminal),
      }),
      exportCommand({ terminal, end }),
    ],
  });
}

async function list(options: AuditOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const variables = { organization: organization.id, limit: options.limit, before: options.before };
  const data = z.object({ auditEvents: z.array(auditEvent) });
  const { auditEvents: events } = await client.request(AUDIT_EVENTS, variables, data);
  const listing = {
    headings: ["TIME", "ACTION", "NAME", "ID", "ACTOR", "DETAILS"],
    rows: events.map(({ at, action, targetName, targetId, actor, details, damaged }) => [
      damaged.includes("at") ? "-" : utcTime(Date.parse(at)),
      action,
      targetName,
      targetId,
      actor,
      Object.keys(details).length === 0 ? "-" : JSON.stringify(details),
    ]),
    ids: events.map(({ id }) => id),
    empty: "There is no event yet.",
    notes: damageNotes(events, "look for the event in a backup"),
  };
  const text = listingText(listing, options, terminal);
  if (options.json === true || options.pager === false) {
    return print<"audit list">(terminal, options, { value: { events }, text });
  }
  await printPaged(text, terminal);
}
