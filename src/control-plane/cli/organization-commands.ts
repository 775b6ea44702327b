import type { Command } from "commander";
import * as z from "zod";
import { table } from "../../lib/command-line/table.ts";
import { OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import {
  type CommonOptions,
  listOrganizations,
  managementClient,
  print,
  withCommonOptions,
} from "./options.ts";
import type { Terminal } from "./terminal.ts";

const organization = z.object({ id: z.string(), name: z.string(), slug: z.string() });

export function addOrganizationCommands(program: Command, terminal: Terminal): void {
  const commands = program.command("org").description("organizations: every key and executor belongs to one");
  withCommonOptions(commands.command("create"))
    .description("create an organization")
    .argument("<name>", "its name")
    .option("--slug <slug>", "its short name, of a-z, 0-9 and - (default: made from the name)")
    .addHelpText(
      "after",
      '\nExamples:\n  $ novacula-control-plane org create Acme\n  $ novacula-control-plane org create "Acme Inc" --slug acme',
    )
    .action((name: string, options: CommonOptions & { slug?: string }) => create(name, options, terminal));
  withCommonOptions(commands.command("list"))
    .description("list the organizations")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane org list")
    .action((options: CommonOptions) => list(options, terminal));
}

async function create(
  name: string,
  options: CommonOptions & { slug?: string },
  terminal: Terminal,
): Promise<void> {
  const document =
    "mutation($name: String!, $slug: String!) { createOrganization(name: $name, slug: $slug) { id name slug } }";
  const data = z.object({ createOrganization: organization });
  const variables = { name, slug: options.slug ?? slugOf(name) };
  const { createOrganization: created } = await managementClient(options, terminal).request(
    document,
    variables,
    data,
  );
  const next = `novacula-control-plane keys create --org ${created.slug} --name NAME`;
  print(
    terminal,
    options,
    created,
    `Created organization ${created.slug} (${printable(created.name)}).\nNext, a key for it: ${next}\n`,
  );
}

async function list(options: CommonOptions, terminal: Terminal): Promise<void> {
  const organizations = await listOrganizations(managementClient(options, terminal));
  const rows = organizations.map(({ slug, name, id }) => [slug, name, id]);
  const text =
    rows.length === 0
      ? "There is no organization yet: org create NAME.\n"
      : table(["SLUG", "NAME", "ID"], rows);
  print(terminal, options, organizations, text);
}

function slugOf(name: string): string {
  const ascii = name.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  const slug = ascii
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 48)
    .replace(/^-|-$/g, "");
  if (slug === "") {
    throw new OperatorError("the name has no letter of a-z to make a slug from: give one with --slug");
  }
  return slug;
}
