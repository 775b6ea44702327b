import { Argument, type Command } from "commander";
import * as z from "zod";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { COMPLETE } from "../../lib/command-line/command-table.ts";
import type { Terminal } from "../../lib/command-line/terminal.ts";
import { managementSocketPath } from "../settings/settings.ts";
import { ManagementClient } from "./management/management-client.ts";
import { type CommonOptions, socketOption } from "./management/options.ts";

/** Of each of the two questions: a person waits for the answer with a finger on the Tab key. */
const TIMEOUT_MS = 500;
/** Words without any character that a shell could expand. Other names are left out. */
const PLAIN_WORD = /^[A-Za-z0-9][\w.-]*$/;
const LIMIT = 500;

const named = z.object({ name: z.string(), fingerprint: z.string().optional() });
const answer = z.object({ found: z.array(named) });

const QUERIES = {
  keys: `query($organization: String!) { found: apiKeys(organization: $organization, limit: ${LIMIT}) { name fingerprint } }`,
  executors: `query($organization: String!) { found: executors(organization: $organization, limit: ${LIMIT}) { name } }`,
  nodes: `query($organization: String!) { found: nodes(organization: $organization, limit: ${LIMIT}) { name } }`,
} as const;

const WHATS = ["keys", "executors", "nodes", "organizations"] as const;

/** The hidden command that the completion scripts ask: a word a line, and nothing if it fails. */
export function completeCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: COMPLETE,
    summary: "print words for a completion script",
    description: "Prints the names of keys, executors, nodes or organizations, for a completion script.",
    arguments: [new Argument("<what>", "what to complete").choices(WHATS)],
    options: [socketOption()],
    async action(what: (typeof WHATS)[number], { socket }: CommonOptions) {
      const words = await wordsFor(what, socket, terminal).catch(() => []);
      const plain = [...new Set(words)].filter((word) => PLAIN_WORD.test(word));
      terminal.stdout.write(plain.map((word) => `${word}\n`).join(""));
    },
  });
}

async function wordsFor(
  what: (typeof WHATS)[number],
  socket: string | undefined,
  { environment }: Terminal,
): Promise<readonly string[]> {
  const client = new ManagementClient(socket ?? managementSocketPath(environment), TIMEOUT_MS);
  const organizations = z.object({ organizations: z.array(z.object({ slug: z.string() })) });
  const { organizations: all } = await client.request("{ organizations { slug } }", {}, organizations);
  if (what === "organizations") {
    return all.map(({ slug }) => slug);
  }
  const answers = await Promise.all(
    all.map(({ slug }) => client.request(QUERIES[what], { organization: slug }, answer)),
  );
  return answers
    .flatMap(({ found }) => found)
    .flatMap(({ name, fingerprint = [] }) => [name].concat(fingerprint));
}
