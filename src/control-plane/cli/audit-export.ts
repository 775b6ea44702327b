import { once } from "node:events";
import { Writable } from "node:stream";
import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { complain, type Terminal } from "../../lib/command-line/terminal.ts";
import { errorCode } from "../../lib/errors.ts";
import { csvLine } from "./management/csv.ts";
import {
  listOrganizations,
  managementClient,
  type OrganizationOptions,
  organizationsOf,
  socketOption,
  suggestion,
} from "./management/options.ts";
import { auditEvent, type ExportedEvent } from "./management/outputs.ts";

const FORMATS = ["jsonl", "csv"] as const;
const PAGE_SIZE = 500;
const COLUMNS = [
  "number",
  "organization",
  "id",
  "at",
  "actor",
  "actorId",
  "action",
  "targetType",
  "targetId",
  "targetName",
  "details",
  "source",
  "damaged",
] as const satisfies readonly (keyof ExportedEvent)[];

interface ExportOptions extends OrganizationOptions {
  readonly after: number;
  readonly format: (typeof FORMATS)[number];
}

const EVENTS = `query($number: Float!, $limit: Int) {
  auditEventsAfter(number: $number, limit: $limit) { number organizationId event {
    id at actor actorId action targetType targetId targetName details source damaged } } }`;
const PAGE = z.object({
  auditEventsAfter: z.array(z.object({ number: z.number(), organizationId: z.string(), event: auditEvent })),
});

export function exportCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "export",
    summary: "print the events oldest first, as JSON lines or CSV",
    description:
      "Prints the events oldest first, one a line. Each has a number, which only grows: --after with the last number goes on where the last export ended. Says that number on stderr.",
    options: [
      new Option("--after <number>", "only events with a greater number").argParser(eventNumber).default(0),
      new Option("--format <format>", "jsonl, or csv for a spreadsheet").choices(FORMATS).default("jsonl"),
      new Option("--org <organization>", "slug or id of an organization (default: $NOVACULA_ORG, else all)"),
      socketOption(),
    ],
    notes:
      "In CSV, a ' stands in front of a text that begins with = + - @ or a tab, so that no spreadsheet takes a name for\na formula.",
    examples: [
      { command: "sudo novacula-control-plane audit export > audit.jsonl", does: "everything" },
      {
        command: "sudo novacula-control-plane audit export --after 1200 >> audit.jsonl",
        does: "what has been added since",
      },
      {
        command: "sudo novacula-control-plane audit export --format csv --org acme > acme.csv",
        does: "for a spreadsheet",
      },
    ],
    action: (options: ExportOptions) => exportEvents(options, terminal),
  });
}

/** Holds one page at a time, and waits for the reader of stdout. */
async function exportEvents(options: ExportOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const all = await listOrganizations(client);
  const named = await organizationsOf(client, options, terminal);
  const slugs = new Map(all.map(({ id, slug }) => [id, slug]));
  const isWanted = (id: string) => named.length === all.length || named.some((each) => each.id === id);
  const isCsv = options.format === "csv";
  let count = 0;
  let last = options.after;
  if (isCsv && !(await write(terminal, csvLine(COLUMNS)))) {
    return;
  }
  for (let isFull = true; isFull; ) {
    const variables = { number: last, limit: PAGE_SIZE };
    const { auditEventsAfter: page } = await client.request(EVENTS, variables, PAGE);
    const events = page
      .filter(({ organizationId }) => isWanted(organizationId))
      .map(({ number, organizationId, event }) => ({
        number,
        organization: slugs.get(organizationId) ?? organizationId,
        ...event,
      }));
    const lines = events.map(isCsv ? csvEvent : (event) => `${JSON.stringify(event)}\n`);
    if (!(await write(terminal, lines.join("")))) {
      return;
    }
    count += events.length;
    last = page.at(-1)?.number ?? last;
    isFull = page.length === PAGE_SIZE;
  }
  const next = suggestion(`audit export --after ${last}`, options);
  complain(terminal, `${count} ${count === 1 ? "event" : "events"}. The next ones: ${next}`);
}

function csvEvent(event: ExportedEvent): string {
  return csvLine(
    COLUMNS.map((column) => {
      const value = event[column];
      return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
    }),
  );
}

/** False once nobody reads any more. */
async function write({ stdout }: Terminal, text: string): Promise<boolean> {
  if (stdout.write(text) !== false || !(stdout instanceof Writable)) {
    return true;
  }
  try {
    await once(stdout, "drain");
    return true;
  } catch (error) {
    if (errorCode(error) === "EPIPE") {
      return false;
    }
    throw error;
  }
}

function eventNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError("It must be the number of an event, or 0.");
  }
  return Number(text);
}
