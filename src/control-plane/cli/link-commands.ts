import { Argument, type Command } from "commander";
import * as z from "zod";
import { utcTime } from "../../lib/clock.ts";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { type CommonOptions, commonOptions, managementClient, print } from "./management/options.ts";
import { oneTimeLink } from "./management/outputs.ts";

const LINK = z.object({ link: oneTimeLink });

export function setupLinkCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "setup-link",
    group: "Management:",
    summary: "print a link that creates the first account",
    description:
      "Prints a link to the page on which you create the first account, the owner. The link works once, within 15 minutes, and replaces the one before it. Needs BETTER_AUTH_URL. Refused once somebody has an account.",
    options: commonOptions(),
    examples: [
      { command: "sudo novacula-control-plane setup-link", does: "then open the link in a browser" },
    ],
    action: (options: CommonOptions) => setupLink(options, terminal),
  });
}

export function signInLinkCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "sign-in-link",
    group: "Management:",
    summary: "print a link that signs in to a control plane of novacula-agent dev",
    description:
      "Prints a link that signs in without a password. It works once, within 15 minutes, from this host only, and replaces the one before it. Only a control plane of `novacula-agent dev` (serve --dev) has such links.",
    arguments: [new Argument("[email]", "who signs in (default: the person that dev created)")],
    options: commonOptions(),
    examples: [
      {
        command: "novacula-control-plane sign-in-link --socket .novacula-dev/management.sock",
        does: "another one",
      },
    ],
    action: (email: string | undefined, options: CommonOptions) => signInLink(email, options, terminal),
  });
}

async function setupLink(options: CommonOptions, terminal: Terminal): Promise<void> {
  const { link } = await managementClient(options, terminal).request(
    "mutation { link: createSetupLink { url expiresAt } }",
    {},
    LINK,
  );
  const text = `Create the first account here, until ${untilText(link)}:\n\n  ${link.url}\n`;
  print<"setup-link">(terminal, options, { value: link, text });
}

async function signInLink(
  email: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<void> {
  const { link } = await managementClient(options, terminal).request(
    "mutation($email: String) { link: createSignInLink(email: $email) { url expiresAt } }",
    { email },
    LINK,
  );
  const text = `Sign in here, once, until ${untilText(link)}:\n\n  ${link.url}\n`;
  print<"sign-in-link">(terminal, options, { value: link, text });
}

function untilText({ expiresAt }: z.output<typeof oneTimeLink>): string {
  return utcTime(Date.parse(expiresAt));
}
