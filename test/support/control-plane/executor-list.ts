import * as z from "zod";
import { startServer, type TestServer } from "./control-plane-server.ts";

const keyReference = z.object({ id: z.string(), name: z.string(), fingerprint: z.string() });
const executorList = z.object({
  executors: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      lastSyncAt: z.number().nullable(),
      stoppedAt: z.number().nullable(),
      key: keyReference.nullable(),
      keyHistory: z.array(z.object({ key: keyReference, firstUsedAt: z.number(), lastUsedAt: z.number() })),
      instances: z.array(
        z.object({ instanceId: z.string(), hostName: z.string(), address: z.string().nullable() }),
      ),
      lastRefusal: z.object({ key: keyReference, reason: z.string(), message: z.string() }).nullable(),
    }),
  ),
});

/** The executors, as the operator sees them. */
export async function executors({ manage }: TestServer, organization = "acme") {
  const answer = await manage(
    `query($organization: String!) { executors(organization: $organization) { name status lastSyncAt stoppedAt
      key { id name fingerprint } keyHistory { key { id name fingerprint } firstUsedAt lastUsedAt }
      instances { instanceId hostName address } lastRefusal { key { id name fingerprint } reason message } } }`,
    { organization },
  );
  return executorList.parse(answer.data).executors;
}

/** The log lines with that event. */
export function events({ lines }: TestServer, event: string): string[] {
  return lines.filter((line) => line.includes(`"event":"${event}"`));
}

export async function serverWithOrganization(
  ...options: Parameters<typeof startServer>
): Promise<TestServer> {
  const server = await startServer(...options);
  await server.createOrganization("acme");
  return server;
}
