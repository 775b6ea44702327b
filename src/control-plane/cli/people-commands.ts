import { type Command, Option } from "commander";
import * as z from "zod";
import { table } from "../../lib/command-line/table.ts";
import { printable } from "../../lib/printable.ts";
import { ROLES } from "../../protocol/roles.ts";
import { withoutOwner } from "../organizations/organizations.ts";
import {
  type CommonOptions,
  managementClient,
  type OrganizationOptions,
  oneOrganization,
  print,
  withCommonOptions,
  withOrganizationOption,
} from "./options.ts";
import type { Terminal } from "./terminal.ts";

const user = z.object({ id: z.string(), name: z.string(), email: z.string() });
const slug = z.object({ slug: z.string() });
const people = z.array(
  user.extend({ memberships: z.array(z.object({ role: z.string(), organization: slug })) }),
);
const added = user.extend({ role: z.string(), isChanged: z.boolean() });

export function addPeopleCommands(program: Command, terminal: Terminal): void {
  const commands = program
    .command("people")
    .description("people who sign in on the page: who they are, and the way back in");
  withCommonOptions(commands.command("list"))
    .description("list the people, and their roles")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane people list")
    .action((options: CommonOptions) => list(options, terminal));
  withOrganizationOption(commands.command("add"))
    .description("put somebody who has an account into an organization, or change their role in it")
    .argument("<email>", "the address that they sign in with")
    .addOption(
      new Option(
        "--role <role>",
        "owner, admin or member; without it a new member is member, and the role of a member stays",
      ).choices(ROLES),
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ novacula-control-plane people add olga@example.com --org acme --role owner",
    )
    .action((email: string, options: OrganizationOptions & { role?: string }) =>
      add(email, options, terminal),
    );
  withCommonOptions(commands.command("reset-password"))
    .description("give somebody a new password, show it this once, and end their sessions")
    .argument("<email>", "the address that they sign in with")
    .addHelpText("after", "\nExample:\n  $ novacula-control-plane people reset-password olga@example.com")
    .action((email: string, options: CommonOptions) => resetPassword(email, options, terminal));
}

async function list(options: CommonOptions, terminal: Terminal): Promise<void> {
  const document =
    "{ people { id name email memberships { role organization { slug } } } organizationsWithoutOwner { slug } }";
  const data = z.object({ people, organizationsWithoutOwner: z.array(slug) });
  const answer = await managementClient(options, terminal).request(document, {}, data);
  const ownerless = answer.organizationsWithoutOwner.map((organization) => organization.slug);
  print(terminal, options, withOwners(answer.people, ownerless), listed(answer.people, ownerless));
}

function listed(found: z.output<typeof people>, ownerless: readonly string[]): string {
  if (found.length === 0) {
    return "Nobody yet: set BETTER_AUTH_SECRET, INITIAL_ADMIN_EMAIL and INITIAL_ADMIN_PASSWORD for serve.\n";
  }
  const rows = found.map(({ email, name, memberships }) => [
    email,
    name,
    memberships.map(({ role, organization }) => `${organization.slug} (${role})`).join(", ") || "-",
  ]);
  const warnings = ownerless.map((organization) => `\n${withoutOwner(organization)}\n`);
  return table(["E-MAIL", "NAME", "ROLES"], rows) + warnings.join("");
}

/** The same people, and of each organization whether it has an owner. */
function withOwners(found: z.output<typeof people>, ownerless: readonly string[]) {
  return found.map(({ memberships, ...person }) => ({
    ...person,
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
  const organization = await oneOrganization(client, options);
  const document = `mutation($organization: String, $email: String!, $role: Role) {
    addMember(organization: $organization, email: $email, role: $role) { id name email role isChanged } }`;
  const variables = { organization: organization.id, email, role: options.role };
  const { addMember } = await client.request(document, variables, z.object({ addMember: added }));
  const { role, isChanged } = addMember;
  const place = `${role} of ${organization.slug}`;
  const hint = options.role === undefined ? "; give --role to change that" : "";
  const text = isChanged
    ? `${printable(addMember.email)} is ${place}.\n`
    : `${printable(addMember.email)} is already ${place}: nothing changed${hint}.\n`;
  print(terminal, options, addMember, text);
}

async function resetPassword(email: string, options: CommonOptions, terminal: Terminal): Promise<void> {
  const document =
    "mutation($email: String!) { resetPassword(email: $email) { user { id name email } password } }";
  const data = z.object({ resetPassword: z.object({ user, password: z.string() }) });
  const { resetPassword: reset } = await managementClient(options, terminal).request(
    document,
    { email },
    data,
  );
  const text = `${printable(reset.user.email)} has a new password, shown this once, and is signed out everywhere:\n\n  ${reset.password}\n`;
  print(terminal, options, reset, text);
}
