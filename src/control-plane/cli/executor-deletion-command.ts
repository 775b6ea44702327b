import { Argument, type Command, Option } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { confirm } from "../../lib/command-line/confirm.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { relativeTime } from "../../lib/command-line/times.ts";
import { printable } from "../../lib/printable.ts";
import { allPages } from "./management/all-pages.ts";
import type { ManagementClient } from "./management/management-client.ts";
import {
  managementClient,
  type OrganizationOptions,
  organizationOptions,
  organizationsOf,
  print,
  suggestion,
  yesOption,
} from "./management/options.ts";
import { deletedExecutor, type KeyReference, keyReference } from "./management/outputs.ts";

interface DeletionOptions extends OrganizationOptions {
  readonly revokeKeys?: boolean;
  readonly yes?: boolean;
}

const executor = deletedExecutor.extend({ ownKeys: z.array(keyReference) });
type Executor = z.output<typeof executor>;

const FIELDS = "id name lastSyncAt ownKeys { id name fingerprint }";

export function executorDeletionCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "delete",
    summary: "delete an executor that is offline",
    description:
      "Deletes an executor that is offline; to take one offline, stop its agent. The audit log and the history of the keys keep its id and name. A host that still runs the agent registers again, unless its key is revoked. This cannot be undone: on a terminal the command asks, elsewhere give --yes.",
    arguments: [new Argument("<executor>", "its id or name")],
    options: [
      new Option("--revoke-keys", "also revoke the active keys that serve no other executor"),
      yesOption(),
      ...organizationOptions(),
    ],
    examples: [
      { command: "sudo novacula-control-plane executors delete agent-1", does: "asks first" },
      {
        command: "sudo novacula-control-plane executors delete agent-1 --org acme --revoke-keys --yes",
        does: "in a script, with its keys",
      },
    ],
    action: (reference: string, options: DeletionOptions) => remove(reference, options, terminal),
  });
}

async function remove(reference: string, options: DeletionOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const found = await findExecutor(client, reference, options, terminal);
  if (options.yes !== true) {
    const question = `Delete executor ${printable(found.name)}? This cannot be undone.`;
    await confirm({ warning: warningOf(found, options), question }, terminal);
  }
  const document = `mutation($executorId: ID!, $revokeKeys: Boolean! = false) {
    deleteExecutor(executorId: $executorId, revokeKeys: $revokeKeys) { id name lastSyncAt } }`;
  const variables = { executorId: found.id, revokeKeys: options.revokeKeys === true };
  const data = z.object({ deleteExecutor: deletedExecutor });
  const { deleteExecutor } = await client.request(document, variables, data);
  const revokedKeys = options.revokeKeys === true ? found.ownKeys : [];
  print<"executors delete">(terminal, options, {
    value: { executor: deleteExecutor, revokedKeys },
    text: `Deleted executor ${printable(found.name)}, ${found.id}.${effectOf(found, revokedKeys)}\n`,
  });
}

function effectOf({ ownKeys }: Executor, revokedKeys: readonly KeyReference[]): string {
  if (revokedKeys.length > 0) {
    return ` Revoked its keys: ${names(revokedKeys)}.`;
  }
  return ownKeys.length === 0
    ? ""
    : ` Its keys stay active (${names(ownKeys)}): a host that still runs the agent registers again.`;
}

function warningOf({ id, name, lastSyncAt, ownKeys }: Executor, { revokeKeys }: DeletionOptions): string {
  const keys =
    ownKeys.length === 0
      ? "No active key serves only this executor."
      : revokeKeys === true
        ? `These keys are revoked with it: ${names(ownKeys)}.`
        : `These keys serve only this executor and stay active: ${names(ownKeys)}. With them, a host that still runs the agent registers again. To revoke them, give --revoke-keys.`;
  return `Executor ${printable(name, 300)}, ${id}, last sync ${relativeTime(lastSyncAt, Date.now())}. ${keys}`;
}

/** The executor with this id; else the one executor that has this name. */
async function findExecutor(
  client: ManagementClient,
  reference: string,
  options: OrganizationOptions,
  terminal: Terminal,
): Promise<Executor> {
  const found = await searchExecutors(client, reference, options, terminal);
  const byId = found.filter(({ id }) => id === reference);
  const matches = byId.length > 0 ? byId : found.filter(({ name }) => name === reference);
  const [match, ...others] = matches;
  const shown = printable(reference);
  if (match === undefined) {
    throw new CommandError("not_found", `there is no executor ${shown}`, {
      fix: `give the id or the name of one from: ${suggestion("executors list", options)}`,
    });
  }
  if (others.length === 0) {
    return match;
  }
  const candidates = matches.map(({ id, slug }) => `\n  ${id}  organization ${slug}`).join("");
  throw new CommandError("ambiguous", `${matches.length} executors are called ${shown}${candidates}`, {
    fix: "give the id of one, or --org",
  });
}

async function searchExecutors(
  client: ManagementClient,
  reference: string,
  options: OrganizationOptions,
  terminal: Terminal,
): Promise<readonly (Executor & { readonly slug: string })[]> {
  const document = `query($organization: String!, $limit: Int, $before: ID, $search: String) {
    executors(organization: $organization, limit: $limit, before: $before, search: $search) { ${FIELDS} } }`;
  const data = z.object({ executors: z.array(executor) });
  const found: (Executor & { readonly slug: string })[] = [];
  for (const { id: organization, slug } of await organizationsOf(client, options, terminal)) {
    const listed = await allPages(async (before) => {
      const variables = { organization, limit: 500, before, search: reference.slice(0, 200) };
      return (await client.request(document, variables, data)).executors;
    });
    found.push(...listed.map((each) => ({ ...each, slug })));
  }
  return found;
}

function names(keys: readonly KeyReference[]): string {
  return keys.map(({ name, fingerprint }) => `${printable(name)} (${fingerprint})`).join(", ");
}
