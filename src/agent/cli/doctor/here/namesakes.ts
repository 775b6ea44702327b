import { Client } from "undici";
import * as z from "zod";
import { startDeadline, untilAborted } from "../../../../lib/deadline.ts";
import type { Namesake, Namesakes } from "../../../doctor/executor/namesake.ts";
import { sendPost } from "../../../sync/post.ts";

/** For all questions together: a control plane that is busy is not waited for. */
const LIMIT_MS = 3000;
/** With more organizations, it is not for one host. */
const MAX_ORGANIZATIONS = 50;

const moment = z.number().nonnegative();
const organizationsAnswer = z.object({
  data: z.object({ organizations: z.array(z.object({ id: z.string(), slug: z.string() })) }),
});
const executorsAnswer = z.object({
  data: z.object({
    executors: z.array(z.object({ status: z.string(), createdAt: moment, lastSyncAt: moment.nullable() })),
  }),
});

const ORGANIZATIONS = "{ organizations { id slug } }";
const EXECUTORS = `query($organization: String!, $name: String!) {
  executors(organization: $organization, name: $name, filter: { kind: agent }, limit: 1) {
    status createdAt lastSyncAt } }`;

/**
 * The executors called `name`, by the control plane that listens at `socketPath` of this host.
 * Undefined: it does not say, as to a user who may not ask it.
 *
 * @param organization the slug of that of the judged executor's key
 */
export async function namesakesAt(
  socketPath: string,
  { name, organization }: Pick<Namesakes, "name" | "organization">,
  signal: AbortSignal,
): Promise<Namesakes | undefined> {
  using deadline = startDeadline(LIMIT_MS, signal);
  const client = new Client("http://localhost", { socketPath });
  try {
    const all = await untilAborted(allOf(client, name), deadline.signal);
    return all && { name, organization, all };
  } catch {
    // Doctor is not about this control plane: whatever it does, the other checks count.
    return undefined;
  } finally {
    client.destroy().catch(() => undefined);
  }
}

async function allOf(client: Client, name: string): Promise<readonly Namesake[]> {
  const { organizations } = (await ask(client, ORGANIZATIONS, {}, organizationsAnswer)).data;
  const found: Namesake[] = [];
  for (const { id, slug } of organizations.slice(0, MAX_ORGANIZATIONS)) {
    const answer = await ask(client, EXECUTORS, { organization: id, name }, executorsAnswer);
    for (const { status, createdAt, lastSyncAt } of answer.data.executors) {
      const isOnline = status === "online";
      found.push({ organization: slug, isOnline, createdAt, lastSyncAt: lastSyncAt ?? undefined });
    }
  }
  return found;
}

async function ask<Answer>(
  client: Client,
  query: string,
  variables: Readonly<Record<string, string>>,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ query, variables });
  const post = { origin: "http://localhost", path: "/graphql", headers, body };
  return schema.parse(JSON.parse((await sendPost(client, post, { status: undefined })).body));
}
