import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import * as z from "zod";
import { relativeTime } from "../../lib/command-line/table.ts";
import { OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { allPages } from "./key-listing.ts";
import type { ManagementClient } from "./management-client.ts";
import {
  managementClient,
  type OrganizationOptions,
  organizationsOf,
  print,
  withOrganizationOption,
} from "./options.ts";
import type { Terminal } from "./terminal.ts";

interface DeletionOptions extends OrganizationOptions {
  readonly revokeKeys?: boolean;
  readonly yes?: boolean;
}

const key = z.object({ id: z.string(), name: z.string(), fingerprint: z.string() });
const executor = z.object({
  id: z.string(),
  name: z.string(),
  lastSyncAt: z.number().nullable(),
  ownKeys: z.array(key),
});
type Executor = z.output<typeof executor>;

const FIELDS = "id name lastSyncAt ownKeys { id name fingerprint }";

export function addExecutorDeletionCommand(commands: Command, terminal: Terminal): void {
  withOrganizationOption(commands.command("delete"))
    .description(
      "delete an executor that is offline; the audit log and the keys' history keep its id and name",
    )
    .argument("<executor>", "its id or name")
    .option("--revoke-keys", "revoke the active keys that serve no other executor, too")
    .option("--yes", "ask nothing")
    .addHelpText(
      "after",
      `
Asks for confirmation on a terminal; elsewhere --yes is needed. An executor that is online is not deleted: stop its
agent first. A host that still runs it registers again, unless its key is revoked.

Examples:
  $ novacula-control-plane executors delete agent-1
  $ novacula-control-plane executors delete agent-1 --org acme --revoke-keys --yes

Exit codes: 0 deleted, 1 not deleted, 64 wrong usage (no --yes where there is no terminal).`,
    )
    .action(async (reference: string, options: DeletionOptions, command: Command) => {
      if (options.yes !== true && terminal.stdin?.isTTY !== true) {
        command.error("error: there is no terminal to ask on: confirm with --yes");
      }
      await remove(reference, options, terminal);
    });
}

async function remove(reference: string, options: DeletionOptions, terminal: Terminal): Promise<void> {
  const client = managementClient(options, terminal);
  const found = await findExecutor(client, reference, options);
  if (options.yes !== true) {
    await confirm(found, options, terminal);
  }
  const document = `mutation($executorId: ID!, $revokeKeys: Boolean! = false) {
    deleteExecutor(executorId: $executorId, revokeKeys: $revokeKeys) { id name lastSyncAt } }`;
  const variables = { executorId: found.id, revokeKeys: options.revokeKeys === true };
  const data = z.object({ deleteExecutor: executor.omit({ ownKeys: true }) });
  const { deleteExecutor } = await client.request(document, variables, data);
  const revoked = options.revokeKeys === true ? found.ownKeys : [];
  const result = { ...deleteExecutor, revokedKeys: revoked.map(({ id }) => id) };
  const effect =
    revoked.length > 0
      ? ` Revoked with it: ${names(revoked)}.`
      : found.ownKeys.length > 0
        ? ` Its keys stay active (${names(found.ownKeys)}): a host that still runs it registers again.`
        : "";
  print(terminal, options, result, `Deleted executor ${printable(found.name)}, ${found.id}.${effect}\n`);
}

async function confirm(
  found: Executor,
  options: DeletionOptions,
  { stdin, stderr }: Terminal,
): Promise<void> {
  if (stdin === undefined) {
    throw new TypeError("nobody can be asked here");
  }
  const keys =
    found.ownKeys.length === 0
      ? "No active key serves only this executor."
      : options.revokeKeys === true
        ? `Revoked with it: ${names(found.ownKeys)}.`
        : `Keys that serve only this executor stay active: ${names(found.ownKeys)}. A host that still runs it registers again; ` +
          "--revoke-keys revokes them too.";
  const name = printable(found.name, 300);
  const seen = relativeTime(found.lastSyncAt, Date.now());
  stderr.write(`Executor ${name}, ${found.id}, last sync ${seen}.\n${keys}\nThis cannot be undone.\n`);
  stderr.write("Type its name to delete it: ");
  const lines = createInterface({ input: stdin });
  let typed = "";
  for await (const line of lines) {
    typed = line;
    break;
  }
  lines.close();
  if (typed.trim() !== found.name.trim()) {
    throw new OperatorError("that is not its name: nothing was deleted");
  }
}

/** By id, else by name where only one of the organizations has it. */
async function findExecutor(
  client: ManagementClient,
  reference: string,
  options: OrganizationOptions,
): Promise<Executor> {
  const document = `query($organization: String!, $limit: Int, $before: ID, $search: String) {
    executors(organization: $organization, limit: $limit, before: $before, search: $search) { ${FIELDS} } }`;
  const found: (Executor & { readonly slug: string })[] = [];
  for (const { id: organization, slug } of await organizationsOf(client, options)) {
    const data = z.object({ executors: z.array(executor) });
    const listed = await allPages(async (before) => {
      const variables = { organization, limit: 500, before, search: reference.slice(0, 200) };
      return (await client.request(document, variables, data)).executors;
    });
    found.push(...listed.map((each) => ({ ...each, slug })));
  }
  const byId = found.filter(({ id }) => id === reference);
  const matches = byId.length > 0 ? byId : found.filter(({ name }) => name === reference);
  const [match, ...others] = matches;
  const shown = printable(reference);
  if (match === undefined) {
    throw new OperatorError(`there is no executor ${shown}: give an id or a name from executors list`);
  }
  if (others.length === 0) {
    return match;
  }
  const candidates = matches.map(({ id, slug }) => `\n  ${id}  organization ${slug}`).join("");
  throw new OperatorError(
    `${matches.length} executors are called ${shown}: give the id of one, or --org${candidates}`,
  );
}

function names(keys: readonly z.output<typeof key>[]): string {
  return keys.map(({ name, fingerprint }) => `${printable(name)} (${fingerprint})`).join(", ");
}
