import { Argument, type Command, Option } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { CommandError } from "../../lib/command-line/command-error.ts";
import { type ListingOptions, listingOptions, listingText } from "../../lib/command-line/listing.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { printable } from "../../lib/printable.ts";
import {
  type CommonOptions,
  commonOptions,
  listOrganizations,
  managementClient,
  print,
  suggestion,
} from "./management/options.ts";
import { organization } from "./management/outputs.ts";

interface CreateOptions extends CommonOptions {
  readonly slug?: string;
}

export function organizationCommands({ terminal }: CommandContext): Command {
  return createCommand({
    name: "org",
    group: "Management:",
    summary: "create and list organizations",
    description: "Creates and lists organizations. Every key and every executor belongs to one.",
    commands: [
      createCommand({
        name: "create",
        summary: "create an organization",
        description: "Creates an organization.",
        arguments: [new Argument("<name>", "its name")],
        options: [
          new Option("--slug <slug>", "its short name, of a-z, 0-9 and - (default: made from the name)"),
          ...commonOptions(),
        ],
        examples: [
          { command: "sudo novacula-control-plane org create Acme", does: "with the slug acme" },
          {
            command: 'sudo novacula-control-plane org create "Acme Inc" --slug acme',
            does: "with a slug of your own",
          },
        ],
        action: (name: string, options: CreateOptions) => create(name, options, terminal),
      }),
      createCommand({
        name: "list",
        summary: "list the organizations",
        description: "Lists the organizations.",
        options: [...listingOptions(), ...commonOptions()],
        examples: [{ command: "sudo novacula-control-plane org list", does: "with slugs and ids" }],
        action: (options: CommonOptions & ListingOptions) => list(options, terminal),
      }),
    ],
  });
}

async function create(name: string, options: CreateOptions, terminal: Terminal): Promise<void> {
  const document =
    "mutation($name: String!, $slug: String!) { createOrganization(name: $name, slug: $slug) { id name slug } }";
  const data = z.object({ createOrganization: organization });
  const variables = { name, slug: options.slug ?? slugOf(name) };
  const answer = await managementClient(options, terminal).request(document, variables, data);
  const created = answer.createOrganization;
  const next = suggestion(`keys create --org ${created.slug} --name NAME`, options);
  print<"org create">(terminal, options, {
    value: { organization: created },
    text: `Created organization ${created.slug} (${printable(created.name)}).\nNext, create a key for it: ${next}\n`,
  });
}

async function list(options: CommonOptions & ListingOptions, terminal: Terminal): Promise<void> {
  const organizations = await listOrganizations(managementClient(options, terminal));
  const listing = {
    headings: ["SLUG", "NAME", "ID"],
    rows: organizations.map(({ slug, name, id }) => [slug, name, id]),
    ids: organizations.map(({ id }) => id),
    empty: `There is no organization yet. Create one: ${suggestion("org create NAME", options)}`,
  };
  print<"org list">(terminal, options, {
    value: { organizations: [...organizations] },
    text: listingText(listing, options, terminal),
  });
}

function slugOf(name: string): string {
  const ascii = name.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  const slug = ascii
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 48)
    .replace(/^-|-$/g, "");
  if (slug === "") {
    throw new CommandError("usage", "the name has no letter of a-z to make a slug from: give --slug");
  }
  return slug;
}
