import { type Command, InvalidArgumentError } from "commander";
import * as z from "zod";
import { OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { managementSocketPath } from "../settings.ts";
import type { Organization } from "../store/contract/store.ts";
import { ManagementClient } from "./management-client.ts";
import type { Terminal } from "./terminal.ts";

const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

export interface CommonOptions {
  readonly socket?: string;
  readonly json?: boolean;
}

export interface OrganizationOptions extends CommonOptions {
  readonly org?: string;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option("--socket <path>", "management socket of the control plane")
    .option("--json", "print JSON instead of text");
}

export function withOrganizationOption(command: Command): Command {
  return withCommonOptions(command).option(
    "--org <slug>",
    "organization, by slug or id; not needed where there is one",
  );
}

export function managementClient({ socket }: CommonOptions, { env }: Terminal): ManagementClient {
  return new ManagementClient(socket ?? managementSocketPath(env));
}

/** Prints `value` as JSON with --json, else `text`. */
export function print({ stdout }: Terminal, { json }: CommonOptions, value: unknown, text: string): void {
  stdout.write(json === true ? `${JSON.stringify(value, null, 2)}\n` : text);
}

/** The organizations that the command is about: the one that --org names, else all. */
export async function organizationsOf(
  client: ManagementClient,
  { org }: OrganizationOptions,
): Promise<readonly Organization[]> {
  const organizations = await listOrganizations(client);
  if (org === undefined) {
    return organizations;
  }
  const named = organizations.filter(({ id, slug }) => slug === org || id === org);
  if (named.length > 0) {
    return named;
  }
  throw new OperatorError(`there is no organization ${printable(org)}${candidates(organizations)}`);
}

/** The organization that --org names, else the only one. */
export async function oneOrganization(
  client: ManagementClient,
  options: OrganizationOptions,
): Promise<Organization> {
  const [organization, ...others] = await organizationsOf(client, options);
  if (organization === undefined) {
    throw new OperatorError(
      "there is no organization yet: create one with novacula-control-plane org create NAME",
    );
  }
  if (others.length === 0) {
    return organization;
  }
  throw new OperatorError(
    `there are several organizations: name one with --org${candidates([organization, ...others])}`,
  );
}

export async function listOrganizations(client: ManagementClient): Promise<readonly Organization[]> {
  const organization = z.object({ id: z.string(), name: z.string(), slug: z.string() });
  const data = z.object({ organizations: z.array(organization) });
  return (await client.request("{ organizations { id name slug } }", {}, data)).organizations;
}

/** A number of days from now as epoch milliseconds. */
export function daysFromNow(text: string): number {
  const days = /^\d{1,5}(?:\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (days <= 0 || days > MAX_DAYS) {
    throw new InvalidArgumentError(`want a number of days, more than 0 and at most ${MAX_DAYS}`);
  }
  return Math.round(Date.now() + days * DAY_MS);
}

/** An ISO 8601 time with its offset as epoch milliseconds: without one it would depend on who asks. */
export function isoTime(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError("want an ISO 8601 time, such as 2026-12-31T23:59:59Z");
  }
  return time;
}

export function integerUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > most) {
      throw new InvalidArgumentError(`want an integer from 1 to ${most}`);
    }
    return value;
  };
}

function candidates(organizations: readonly Organization[]): string {
  return organizations.length === 0
    ? ""
    : `; there are ${organizations
        .slice(0, 20)
        .map(({ slug }) => slug)
        .join(", ")}`;
}
