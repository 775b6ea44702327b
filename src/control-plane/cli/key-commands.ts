import { type Command, Option } from "commander";
import * as z from "zod";
import { relativeTime } from "../../lib/command-line/table.ts";
import { printable } from "../../lib/printable.ts";
import { API_KEY_FIELDS, keyTable, type ListedKey, listedKey, listKeys } from "./key-listing.ts";
import { keyByReference } from "./key-reference.ts";
import type { ManagementClient } from "./management-client.ts";
import {
  daysFromNow,
  isoTime,
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  organizationsOf,
  print,
  withOrganizationOption,
} from "./options.ts";
import type { Terminal } from "./terminal.ts";

interface CreateOptions extends OrganizationOptions {
  readonly name?: string;
  readonly expiresInDays?: number;
  readonly expiresAt?: number;
  readonly target?: string;
  readonly keyOnly?: boolean;
}

interface RotateOptions extends OrganizationOptions {
  readonly graceDays?: number;
  readonly revokesAt?: number;
  readonly keyOnly?: boolean;
}

const issuedKey = z.object({ apiKey: listedKey, secret: z.string() });
type IssuedKey = z.output<typeof issuedKey>;

export function addKeyCommands(program: Command, terminal: Terminal): void {
  const commands = program.command("keys").description("executor keys: create, list, rotate, revoke, delete");
  addCreateCommand(commands, terminal);
  addRotateCommand(commands, terminal);
  withOrganizationOption(commands.command("list"))
    .description("list the keys, revoked and expired ones too; newest first")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane keys list --org acme")
    .action((options: OrganizationOptions) => list(options, terminal));
  withOrganizationOption(commands.command("revoke"))
    .description("revoke a key: it is refused from the next request on, and this cannot be undone")
    .argument("<key>", "its id, fingerprint or unique name")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane keys revoke 1a2b3c4d")
    .action((reference: string, options: OrganizationOptions) => end("revoke", reference, options, terminal));
  withOrganizationOption(commands.command("delete"))
    .description("delete a revoked key for good; the audit log and the executors' history keep its id")
    .argument("<key>", "its id, fingerprint or unique name")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane keys delete 1a2b3c4d")
    .action((reference: string, options: OrganizationOptions) => end("delete", reference, options, terminal));
}

function addCreateCommand(commands: Command, terminal: Terminal): void {
  withOrganizationOption(commands.command("create"))
    .description("create a key and show it, this once")
    .option("--name <name>", "1 to 32 characters (default: the target's name)")
    .option("--expires-in-days <days>", "when it expires (default: never)", daysFromNow)
    .addOption(
      new Option("--expires-at <time>", "the same as an ISO 8601 time")
        .argParser(isoTime)
        .conflicts("expiresInDays"),
    )
    .option("--target <executor>", "the executor that it binds to on its next sync, by name or id")
    .addOption(keyOnlyOption())
    .addHelpText(
      "after",
      `
Examples:
  $ novacula-control-plane keys create --name prod
  $ novacula-control-plane keys create --org acme --target agent-1 --expires-in-days 90
  $ novacula-control-plane keys create --name prod --key-only | novacula-agent set-key`,
    )
    .action((options: CreateOptions, command: Command) => {
      if (options.name !== undefined || options.target !== undefined) {
        return create(options, terminal);
      }
      command.error("error: a key needs a name: give one with --name, or a --target to take it from");
    });
}

function addRotateCommand(commands: Command, terminal: Terminal): void {
  withOrganizationOption(commands.command("rotate"))
    .description("create the successor of a key and revoke the old one, at once or after a grace")
    .argument("<key>", "its id, fingerprint or unique name")
    .option("--grace-days <days>", "how long the old key stays active (default: not at all)", daysFromNow)
    .addOption(
      new Option("--revokes-at <time>", "the same as an ISO 8601 time")
        .argParser(isoTime)
        .conflicts("graceDays"),
    )
    .addOption(keyOnlyOption())
    .addHelpText(
      "after",
      `
Examples:
  $ novacula-control-plane keys rotate prod --grace-days 7   # nothing is refused: change the file within a week
  $ novacula-control-plane keys rotate 1a2b3c4d              # the old key is dead from now on`,
    )
    .action((reference: string, options: RotateOptions) => rotate(reference, options, terminal));
}

function keyOnlyOption(): Option {
  return new Option("--key-only", "print the key and nothing else, for a pipe").conflicts("json");
}

async function create(options: CreateOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options);
  const document = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { ${API_KEY_FIELDS} } secret } }`;
  const { name, target } = options;
  const input = {
    organization: organization.id,
    name,
    target,
    expiresAt: options.expiresInDays ?? options.expiresAt,
  };
  const { createApiKey } = await client.request(document, { input }, z.object({ createApiKey: issuedKey }));
  print(
    terminal,
    options,
    createApiKey,
    issued(
      createApiKey,
      `Created key ${nameOf(createApiKey.apiKey)} in organization ${organization.slug}.`,
      options,
    ),
  );
}

async function rotate(reference: string, options: RotateOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const old = await findKey(client, reference, options);
  const document = `mutation($id: ID!, $revokesAt: Timestamp) {
    rotateApiKey(id: $id, revokesAt: $revokesAt) { apiKey { ${API_KEY_FIELDS} } secret } }`;
  const revokesAt = options.graceDays ?? options.revokesAt;
  const { rotateApiKey } = await client.request(
    document,
    { id: old.id, revokesAt },
    z.object({ rotateApiKey: issuedKey }),
  );
  const fate =
    revokesAt === undefined ? "is revoked" : `stays active until ${new Date(revokesAt).toISOString()}`;
  const headline = `Rotated ${nameOf(old)} to ${nameOf(rotateApiKey.apiKey)}. The old key, ${old.id}, ${fate}.`;
  print(terminal, options, rotateApiKey, issued(rotateApiKey, headline, options));
}

async function list(options: OrganizationOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options);
  const keys = await listKeys(client, organization);
  const empty = `Organization ${organization.slug} has no key yet: keys create --org ${organization.slug} --name NAME.\n`;
  print(terminal, options, keys, keys.length === 0 ? empty : keyTable(keys, Date.now()));
}

async function end(
  action: "revoke" | "delete",
  reference: string,
  options: OrganizationOptions,
  terminal: Terminal,
): Promise<void> {
  const client = managementClient(options, terminal);
  const { id } = await findKey(client, reference, options);
  const document = `mutation($id: ID!) { key: ${action}ApiKey(id: $id) { ${API_KEY_FIELDS} } }`;
  const { key } = await client.request(document, { id }, z.object({ key: listedKey }));
  const done = action === "revoke" ? "Revoked" : "Deleted";
  const effect = action === "revoke" ? ` It is refused from now on.${lastUse(key)}` : "";
  print(terminal, options, key, `${done} key ${nameOf(key)}, ${key.id}.${effect}\n`);
}

async function findKey(
  client: ManagementClient,
  reference: string,
  options: OrganizationOptions,
): Promise<ListedKey> {
  const organizations = await organizationsOf(client, options);
  const keys: ListedKey[] = [];
  for (const organization of organizations) {
    keys.push(...(await listKeys(client, organization)));
  }
  return keyByReference(keys, reference);
}

function issued(
  { apiKey, secret }: IssuedKey,
  headline: string,
  { keyOnly }: { readonly keyOnly?: boolean },
): string {
  if (keyOnly === true) {
    return `${secret}\n`;
  }
  return `${headline}

  key id       ${apiKey.id}
  fingerprint  ${apiKey.fingerprint}
  expires      ${relativeTime(apiKey.expiresAt, Date.now())}

The key is shown this once and cannot be read again. In agent.toml:

[control_plane]
access_token = "${secret}"
`;
}

function lastUse(key: ListedKey): string {
  const [use] = key.usedBy;
  if (use === undefined) {
    return "";
  }
  return ` Last used by ${printable(use.executor.name)}, ${relativeTime(use.lastUsedAt, Date.now())}.`;
}

function nameOf(key: ListedKey): string {
  return printable(key.name);
}
