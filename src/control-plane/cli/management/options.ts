import { InvalidArgumentError, Option } from "commander";
import * as z from "zod";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { printable } from "../../../lib/printable.ts";
import { asOwner, shellWord } from "../../../lib/shell-word.ts";
import { managementSocketPath } from "../../settings/settings.ts";
import { ManagementClient } from "./management-client.ts";
import { type Organization, type Outputs, organization } from "./outputs.ts";

const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;
/** How many organizations an error names. */
const MAX_NAMED = 20;

export interface CommonOptions {
  readonly socket?: string;
  readonly json?: boolean;
}

export interface OrganizationOptions extends CommonOptions {
  readonly org?: string;
}

export function commonOptions(): readonly Option[] {
  return [socketOption(), jsonOption()];
}

export function socketOption(): Option {
  return new Option(
    "--socket <path>",
    "management socket of the control plane (default: $MANAGEMENT_SOCKET, else management.sock beside the database)",
  );
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

export function organizationOptions(): readonly Option[] {
  return [
    ...commonOptions(),
    new Option(
      "--org <organization>",
      "slug or id of the organization (default: $NOVACULA_ORG, else the only one)",
    ),
  ];
}

export function yesOption(): Option {
  return new Option("--yes", "do not ask for confirmation");
}

export function managementClient({ socket }: CommonOptions, { environment }: Terminal): ManagementClient {
  return new ManagementClient(
    socket === undefined ? managementSocketPath(environment) : absolutePath(socket),
  );
}

/** A command to copy, for the control plane that `options` name, and the user of this one. */
export function suggestion(words: string, { socket }: CommonOptions): string {
  const command = `novacula-control-plane ${words}${socket === undefined ? "" : ` --socket ${shellWord(socket)}`}`;
  return asOwner(process.geteuid?.() ?? 0, command);
}

/** Prints `value` with --json, else `text`. */
export function print<Name extends keyof Outputs>(
  { stdout }: Terminal,
  { json }: CommonOptions,
  { value, text }: { readonly value: Outputs[Name]; readonly text: string },
): void {
  stdout.write(json === true ? `${JSON.stringify(value, null, 2)}\n` : text);
}

/**
 * The organizations that the command is about: the one that --org or NOVACULA_ORG names, else all.
 */
export async function organizationsOf(
  client: ManagementClient,
  options: OrganizationOptions,
  { environment }: Terminal,
): Promise<readonly Organization[]> {
  const organizations = await listOrganizations(client);
  const wanted = options.org ?? (environment["NOVACULA_ORG"] || undefined);
  if (wanted === undefined) {
    return organizations;
  }
  const named = organizations.filter(({ id, slug }) => slug === wanted || id === wanted);
  if (named.length > 0) {
    return named;
  }
  const origin = options.org === undefined ? ", which NOVACULA_ORG names" : "";
  throw new CommandError("not_found", `there is no organization ${printable(wanted)}${origin}`, {
    fix:
      organizations.length === 0
        ? suggestion("org create NAME", options)
        : `name one with --org: ${slugs(organizations)}`,
  });
}

/** The organization that --org or NOVACULA_ORG names, else the only one. */
export async function oneOrganization(
  client: ManagementClient,
  options: OrganizationOptions,
  terminal: Terminal,
): Promise<Organization> {
  const found = await organizationsOf(client, options, terminal);
  const [first, ...others] = found;
  if (first === undefined) {
    throw new CommandError("not_found", "there is no organization yet", {
      fix: suggestion("org create NAME", options),
    });
  }
  if (others.length > 0) {
    throw new CommandError("ambiguous", "there are several organizations", {
      fix: `name one with --org: ${slugs(found)}`,
    });
  }
  return first;
}

export async function listOrganizations(client: ManagementClient): Promise<readonly Organization[]> {
  const data = z.object({ organizations: z.array(organization) });
  return (await client.request("{ organizations { id name slug } }", {}, data)).organizations;
}

/** A number of days from now as epoch ms. */
export function daysFromNow(text: string): number {
  const days = /^\d{1,5}(?:\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (days <= 0 || days > MAX_DAYS) {
    throw new InvalidArgumentError(`It must be a number of days, more than 0 and at most ${MAX_DAYS}.`);
  }
  return Math.round(Date.now() + days * DAY_MS);
}

/**
 * An ISO 8601 time as epoch ms. A time of day needs an offset: without it, it would depend on the
 * host's zone.
 */
export function isoTime(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError("It must be an ISO 8601 time, such as 2026-12-31T23:59:59Z.");
  }
  return time;
}

export function integerUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > most) {
      throw new InvalidArgumentError(`It must be an integer from 1 to ${most}.`);
    }
    return value;
  };
}

function slugs(organizations: readonly Organization[]): string {
  return organizations
    .slice(0, MAX_NAMED)
    .map(({ slug }) => slug)
    .join(", ");
}
