import { Argument, type Command, Option } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { type ListingOptions, listingOptions, listingText } from "../../lib/command-line/listing.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { printable } from "../../lib/printable.ts";
import { withSudo } from "../../lib/shell-word.ts";
import { ROLES } from "../../protocol/roles.ts";
import { withoutOwner } from "../organizations/organizations.ts";
import {
  type CommonOptions,
  commonOptions,
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  organizationOptions,
  print,
} from "./management/options.ts";
import { addedMember, passwordReset, person } from "./management/outputs.ts";

type Person = z.output<typeof person>;

const EMAIL_ARGUMENT = ["<email>", "the address that they sign in with"] as const;

export function peopleCommands({ terminal }: CommandContext): Command {
  return createCommand({
    name: "people",
    group: "Management:",
    summary: "list people, set roles, reset a password",
    description:
      "Lists the people who sign in on the page, puts them into organizations, and resets a forgotten password.",
    commands: [
      createCommand({
        name: "list",
        summary: "list the people and their roles",
        description:
          "Lists the people and their roles. Below the table it names organizations without an owner.",
        options: [...listingOptions(), ...commonOptions()],
        examples: [{ command: "sudo novacula-control-plane people list", does: "of all organizations" }],
        action: (options: CommonOptions & ListingOptions) => list(options, terminal),
      }),
      createCommand({
        name: "add",
        summary: "put a person into an organization, or change their role",
        description: "Puts a person who has an account into an organization, or changes their role in it.",
        arguments: [new Argument(...EMAIL_ARGUMENT)],
        options: [
          new Option(
            "--role <role>",
            "the new role (default: member for a new member; a member keeps theirs)",
          ).choices(ROLES),
          ...organizationOptions(),
        ],
        examples: [
          {
            command: "sudo novacula-control-plane people add olga@example.com --org acme --role owner",
            does: "also gives an organization an owner again",
          },
        ],
        action: (email: string, options: OrganizationOptions & { readonly role?: string }) =>
          add(email, options, terminal),
      }),
      createCommand({
        name: "reset-password",
        summary: "give a person a new password, and end their sessions",
        description: "Gives a person a new password, shows it this once, and ends all of their sessions.",
        arguments: [new Argument(...EMAIL_ARGUMENT)],
        options: commonOptions(),
        examples: [
          {
            command: "sudo novacula-control-plane people reset-password olga@example.com",
            does: "prints the new password",
          },
        ],
        action: (email: string, options: CommonOptions) => resetPassword(email, options, terminal),
      }),
    ],
  });
}

async function list(options: CommonOptions & ListingOptions, terminal: Terminal): Promise<void> {
  const document =
    "{ people { id name email memberships { role organization { slug } } } organizationsWithoutOwner { slug } }";
  const slug = z.object({ slug: z.string() });
  const data = z.object({ people: z.array(person), organizationsWithoutOwner: z.array(slug) });
  const { people, organizationsWithoutOwner } = await managementClient(options, terminal).request(
    document,
    {},
    data,
  );
  const ownerless = organizationsWithoutOwner.map((organization) => organization.slug);
  const listing = {
    headings: ["E-MAIL", "NAME", "ROLES"],
    rows: people.map(({ email, name, memberships }) => [
      email,
      name,
      memberships.map(({ role, organization }) => `${organization.slug} (${role})`).join(", "),
    ]),
    ids: people.map(({ id }) => id),
    empty: `There is nobody yet. For the first account, set BETTER_AUTH_URL for serve, then run: ${withSudo("novacula-control-plane setup-link")}`,
    notes: ownerless.map(withoutOwner),
  };
  print<"people list">(terminal, options, {
    value: { people: withOwners(people, ownerless) },
    text: listingText(listing, options, terminal),
  });
}

/** The same people, and whether each of their organizations has an owner. */
function withOwners(people: readonly Person[], ownerless: readonly string[]) {
  return people.map(({ memberships, ...who }) => ({
    ...who,
    memberships: memberships.map(({ role, organization }) => ({
      role,
      organization: { ...organization, hasOwner: !ownerless.includes(organization.slug) },
    })),
  }));
}

async function add(
  email: string,
  options: OrganizationOptions & { readonly role?: string },
  terminal: Terminal,
): Promise<void> {
  const client = managementClient(options, terminal);
  const organization = await oneOrganization(client, options, terminal);
  const document = `mutation($organization: String, $email: String!, $role: Role) {
    addMember(organization: $organization, email: $email, role: $role) { id name email role isChanged } }`;
  const variables = { organization: organization.id, email, role: options.role };
  const { addMember } = await client.request(document, variables, z.object({ addMember: addedMember }));
  const { isChanged, ...member } = addMember;
  const place = `${member.role} of ${organization.slug}`;
  const hint = options.role === undefined ? " To change the role, give --role." : "";
  const text = isChanged
    ? `${printable(member.email)} is ${place}.\n`
    : `${printable(member.email)} is already ${place}: nothing changed.${hint}\n`;
  print<"people add">(terminal, options, { value: { member, isChanged }, text });
}

async function resetPassword(email: string, options: CommonOptions, terminal: Terminal): Promise<void> {
  const document =
    "mutation($email: String!) { resetPassword(email: $email) { user { id name email } password } }";
  const data = z.object({ resetPassword: passwordReset });
  const answer = await managementClient(options, terminal).request(document, { email }, data);
  const { user, password } = answer.resetPassword;
  print<"people reset-password">(terminal, options, {
    value: { person: user, password },
    text: `${printable(user.email)} has a new password, shown this once, and is signed out everywhere:\n\n  ${password}\n`,
  });
}
