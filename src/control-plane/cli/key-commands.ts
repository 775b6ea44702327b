import { Argument, type Command, Option } from "commander";
import * as z from "zod";
import { utcTime } from "../../lib/clock.ts";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { type ListingOptions, listingOptions, listingText } from "../../lib/command-line/listing.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { timeText } from "../../lib/command-line/times.ts";
import { printable } from "../../lib/printable.ts";
import { confirmIfInUse, deleteCommand, revokeCommand } from "./end-key.ts";
import { findKey, KEY_FIELDS, keyListing, listKeys } from "./key-listing.ts";
import {
  daysFromNow,
  isoTime,
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  organizationOptions,
  print,
  suggestion,
  yesOption,
} from "./management/options.ts";
import { issuedKey } from "./management/outputs.ts";

interface CreateOptions extends OrganizationOptions {
  readonly name?: string;
  readonly expiresInDays?: number;
  readonly expiresAt?: number;
  readonly target?: string;
  readonly keyOnly?: boolean;
}

interface ListOptions extends OrganizationOptions, ListingOptions {
  readonly status?: string;
  readonly expiring?: boolean;
  readonly unused?: boolean;
  readonly old?: boolean;
  readonly refused?: boolean;
}

/** At most one is given. */
const CONCERNS = ["expiring", "unused", "old", "refused"] as const;
type Concern = (typeof CONCERNS)[number];

interface RotateOptions extends OrganizationOptions {
  readonly graceDays?: number;
  readonly revokesAt?: number;
  readonly keyOnly?: boolean;
  readonly yes?: boolean;
}

export function keyCommands(context: CommandContext): Command {
  return createCommand({
    name: "keys",
    group: "Management:",
    summary: "create, list, rotate, revoke and delete executor keys",
    description: "Creates, lists, rotates, revokes and deletes executor keys.",
    commands: [createCommandFor, rotateCommand, listCommand, revokeCommand, deleteCommand].map((define) =>
      define(context),
    ),
  });
}

function createCommandFor({ terminal }: CommandContext): Command {
  return createCommand({
    name: "create",
    summary: "create a key and show it, this once",
    description: "Creates a key and shows it, this once: the database holds only its hash.",
    options: [
      new Option("--name <name>", "1 to 32 characters (default: the name of the target)"),
      new Option("--expires-in-days <days>", "when it expires (default: never)").argParser(daysFromNow),
      new Option("--expires-at <time>", "when it expires, as an ISO 8601 time")
        .argParser(isoTime)
        .conflicts("expiresInDays"),
      new Option("--target <executor>", "name or id of the executor that it binds to on its next sync"),
      keyOnlyOption(),
      ...organizationOptions(),
    ],
    examples: [
      { command: "sudo novacula-control-plane keys create --name prod", does: "a key that never expires" },
      {
        command: "sudo novacula-control-plane keys create --org acme --target agent-1 --expires-in-days 90",
        does: "a key for one executor",
      },
      {
        command:
          "sudo novacula-control-plane keys create --name prod --key-only | sudo novacula-agent set-key",
        does: "straight into the agent of this host",
      },
    ],
    action(options: CreateOptions) {
      if (options.name === undefined && options.target === undefined) {
        throw new CommandError(
          "usage",
          "a key needs a name: give one with --name, or a --target to take it from",
        );
      }
      return create(options, terminal);
    },
  });
}

function rotateCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "rotate",
    summary: "create the successor of a key, and revoke the old one at once or after a grace",
    description:
      "Creates the successor of a key. The old key is revoked at once, or keeps working for a grace. Without a grace, a key that executors use needs a confirmation.",
    arguments: [new Argument("<key>", "its id, its fingerprint, or its name if no other key has it")],
    options: [
      new Option("--grace-days <days>", "how long the old key still works (default: not at all)").argParser(
        daysFromNow,
      ),
      new Option("--revokes-at <time>", "when the old key is revoked, as an ISO 8601 time")
        .argParser(isoTime)
        .conflicts("graceDays"),
      keyOnlyOption(),
      yesOption(),
      ...organizationOptions(),
    ],
    examples: [
      {
        command: "sudo novacula-control-plane keys rotate prod --grace-days 7",
        does: "nothing is refused: change the file within a week",
      },
      {
        command: "sudo novacula-control-plane keys rotate 1a2b3c4d",
        does: "the old key is refused from now on",
      },
    ],
    action: (reference: string, options: RotateOptions) => rotate(reference, options, terminal),
  });
}

function listCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "list",
    summary: "list the keys, newest first",
    description: "Lists the keys, newest first; revoked and expired ones, too.",
    options: [
      new Option("--status <status>", "only those with this status").choices([
        "active",
        "expired",
        "revoked",
      ]),
      concernOption("expiring", "only active ones that expire within 14 days and have no successor"),
      concernOption("unused", "only active ones that were not used for 90 days and have no successor"),
      concernOption("old", "only active ones older than 90 days that have no successor"),
      concernOption("refused", "only those that were refused in the last 3 minutes"),
      ...listingOptions(),
      ...organizationOptions(),
    ],
    examples: [
      { command: "sudo novacula-control-plane keys list --org acme", does: "the keys of one organization" },
      { command: "sudo novacula-control-plane keys list --expiring", does: "what to rotate soon" },
    ],
    action: (options: ListOptions) => list(options, terminal),
  });
}

function concernOption(concern: Concern, description: string): Option {
  return new Option(`--${concern}`, description).conflicts(CONCERNS.filter((other) => other !== concern));
}

function concernOf(options: ListOptions): Concern | undefined {
  return CONCERNS.find((concern) => options[concern] === true);
}

function keyOnlyOption(): Option {
  return new Option("--key-only", "print the key and nothing else, for a pipe").conflicts("json");
}

async function create(options: CreateOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const document = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { ${KEY_FIELDS} } secret } }`;
  const { name, target } = options;
  const expiresAt = options.expiresInDays ?? options.expiresAt;
  const input = { organization: organization.id, name, target, expiresAt };
  const { createApiKey } = await client.request(document, { input }, z.object({ createApiKey: issuedKey }));
  const { apiKey: key, secret } = createApiKey;
  const headline = `Created key ${printable(key.name)} in organization ${organization.slug}.`;
  print<"keys create">(terminal, options, {
    value: { key, secret },
    text: issuedText(createApiKey, headline, options),
  });
}

async function rotate(reference: string, options: RotateOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const old = await findKey(client, reference, options, terminal);
  const revokesAt = options.graceDays ?? options.revokesAt;
  if (revokesAt === undefined) {
    await confirmIfInUse(client, old, options, terminal);
  }
  const document = `mutation($id: ID!, $revokesAt: Timestamp) {
    rotateApiKey(id: $id, revokesAt: $revokesAt) { apiKey { ${KEY_FIELDS} } secret note } }`;
  const data = z.object({ rotateApiKey: issuedKey });
  const { rotateApiKey } = await client.request(document, { id: old.id, revokesAt }, data);
  const { apiKey: key, secret } = rotateApiKey;
  const fate = revokesAt === undefined ? "is revoked" : `stays active until ${utcTime(revokesAt)}`;
  const names = `${printable(old.name)} to ${printable(key.name)}`;
  const { id, name, fingerprint } = old;
  print<"keys rotate">(terminal, options, {
    value: { key, secret, oldKey: { id, name, fingerprint } },
    text: issuedText(rotateApiKey, `Rotated ${names}. The old key, ${id}, ${fate}.`, options),
  });
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const { status } = options;
  const concern = concernOf(options);
  const keys = await listKeys(client, organization, { status, concern });
  const next = suggestion(`keys create --org ${organization.slug} --name NAME`, options);
  const empty =
    status === undefined && concern === undefined
      ? `Organization ${organization.slug} has no key yet. Create one: ${next}`
      : `Organization ${organization.slug} has no such key.`;
  print<"keys list">(terminal, options, {
    value: { keys: [...keys] },
    text: listingText(keyListing(keys, empty, Date.now()), options, terminal),
  });
}

function issuedText(
  { apiKey, secret, note }: z.output<typeof issuedKey>,
  headline: string,
  { keyOnly }: { readonly keyOnly?: boolean },
): string {
  if (keyOnly === true) {
    return `${secret}\n`;
  }
  return `${headline}${note == null ? "" : `\n${note}`}

  key id       ${apiKey.id}
  fingerprint  ${apiKey.fingerprint}
  expires      ${timeText(apiKey.expiresAt, Date.now())}

The key is shown this once and cannot be read again. In agent.toml:

[control_plane]
access_token = "${secret}"
`;
}
