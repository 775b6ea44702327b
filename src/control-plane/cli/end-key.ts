import { Argument, type Command } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { confirm } from "../../lib/command-line/confirm.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { relativeTime } from "../../lib/command-line/times.ts";
import { printable } from "../../lib/printable.ts";
import { findKey, KEY_FIELDS } from "./key-listing.ts";
import type { ManagementClient } from "./management/management-client.ts";
import {
  managementClient,
  type OrganizationOptions,
  organizationOptions,
  print,
  yesOption,
} from "./management/options.ts";
import { type Key, key } from "./management/outputs.ts";

interface EndOptions extends OrganizationOptions {
  readonly yes?: boolean;
}

/** Of this many executors on a key it is asked whether they are online. */
const MAX_ASKED = 20;
const KEY_ARGUMENT = ["<key>", "its id, its fingerprint, or its name if no other key has it"] as const;

export function revokeCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "revoke",
    summary: "revoke a key: it is refused from the next request on",
    description:
      "Revokes a key: it is refused from the next request on. This cannot be undone, so a key that executors use needs a confirmation: on a terminal the command asks, elsewhere give --yes.",
    arguments: [new Argument(...KEY_ARGUMENT)],
    options: [yesOption(), ...organizationOptions()],
    examples: [
      { command: "sudo novacula-control-plane keys revoke 1a2b3c4d", does: "by its fingerprint" },
      {
        command: "sudo novacula-control-plane keys revoke prod --yes",
        does: "in a script, even if it is in use",
      },
    ],
    action: (reference: string, options: EndOptions) => revoke(reference, options, terminal),
  });
}

export function deleteCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "delete",
    summary: "delete a revoked key for good",
    description:
      "Deletes a revoked key for good. The audit log and the history of the executors keep its id. A key that is still active is refused: revoke it first.",
    arguments: [new Argument(...KEY_ARGUMENT)],
    options: organizationOptions(),
    examples: [{ command: "sudo novacula-control-plane keys delete 1a2b3c4d", does: "by its fingerprint" }],
    action: (reference: string, options: OrganizationOptions) => remove(reference, options, terminal),
  });
}

async function revoke(reference: string, options: EndOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const found = await findKey(client, reference, options, terminal);
  if (found.revokedAt === null) {
    await confirmIfInUse(client, found, options, terminal);
  }
  const document = `mutation($id: ID!) { key: revokeApiKey(id: $id) { ${KEY_FIELDS} } }`;
  const answer = await client.request(document, { id: found.id }, z.object({ key }));
  const name = printable(answer.key.name);
  print<"keys revoke">(terminal, options, {
    value: answer,
    text: `Revoked key ${name}, ${answer.key.id}. It is refused from now on.${lastUse(answer.key)}\n`,
  });
}

async function remove(reference: string, options: OrganizationOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const { id } = await findKey(client, reference, options, terminal);
  const document = `mutation($id: ID!) { key: deleteApiKey(id: $id) { ${KEY_FIELDS} } }`;
  const answer = await client.request(document, { id }, z.object({ key }));
  print<"keys delete">(terminal, options, {
    value: answer,
    text: `Deleted key ${printable(answer.key.name)}, ${answer.key.id}.\n`,
  });
}

/**
 * Asks before the key ends, if executors that are online use it; throws a CommandError after a no.
 */
export async function confirmIfInUse(
  client: ManagementClient,
  { id, name }: Key,
  { yes }: EndOptions,
  terminal: Terminal,
): Promise<void> {
  if (yes === true) {
    return;
  }
  const users = await onlineUsers(client, id);
  if (users.length > 0) {
    const shown = printable(name);
    const warning = `Key ${shown} is in use by ${users.map((user) => printable(user)).join(", ")}.`;
    await confirm({ warning, question: `Revoke ${shown} now? This cannot be undone.` }, terminal);
  }
}

/** Names of executors that are online and bound to the key. */
async function onlineUsers(client: ManagementClient, id: string): Promise<readonly string[]> {
  const document = `query($id: ID!, $limit: Int) { apiKey(id: $id) { boundExecutors(limit: $limit) { id name } } }`;
  const executor = z.object({ id: z.string(), name: z.string() });
  const data = z.object({ apiKey: z.object({ boundExecutors: z.array(executor) }).nullable() });
  const { apiKey } = await client.request(document, { id, limit: MAX_ASKED }, data);
  const online: string[] = [];
  for (const bound of apiKey?.boundExecutors ?? []) {
    const status = z.object({ executor: z.object({ status: z.string() }).nullable() });
    const asked = "query($id: ID!) { executor(id: $id) { status } }";
    const answer = await client.request(asked, { id: bound.id }, status);
    if (answer.executor?.status === "online") {
      online.push(bound.name);
    }
  }
  return online;
}

function lastUse({ usedBy: [use] }: Key): string {
  if (use === undefined) {
    return "";
  }
  return ` Last used by ${printable(use.executor.name)}, ${relativeTime(use.lastUsedAt, Date.now())}.`;
}
