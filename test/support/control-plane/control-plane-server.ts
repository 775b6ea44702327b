import { join } from "node:path";
import { pino } from "pino";
import { Client, type Dispatcher } from "undici";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { ErrorDisclosure } from "../../../src/control-plane/http/error-disclosure.ts";
import { createServer, type ServerDeps } from "../../../src/control-plane/server.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import { keepFiles, keepText, noteKey } from "../canary.ts";
import { tempDir } from "../temp-dir.ts";
import { openByUrl } from "./store/open-by-url.ts";
import { databaseUrlFor } from "./test-database.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** `data` of a GraphQL answer. */
  readonly data: unknown;
  /** `extensions.code` of the first error. */
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

export interface IssuedTestKey {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly expiresAt: number | null;
  readonly revokesAt: number | null;
  readonly secret: string;
}

const answerBody = z.object({
  data: z.unknown(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z.object({ code: z.string(), reason: z.string().optional() }).optional(),
      }),
    )
    .optional(),
});
const key = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  expiresAt: z.number().nullable(),
  revokesAt: z.number().nullable(),
});
const issuedKey = z.object({ issued: z.object({ apiKey: key, secret: z.string() }) });
const KEY_FIELDS = "id name status expiresAt revokesAt";

/**
 * The control plane in this process, with real sockets and a real database. Tests move its clock.
 */
export async function startServer(overrides: Partial<ServerDeps> = {}, directory = tempDir()) {
  const databasePath = join(directory, "control-plane.db");
  const socketPath = join(directory, "management.sock");
  const lines: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const store = overrides.store ?? (await openByUrl(await databaseUrlFor(directory)));
  /**
   * `offsetMs` shifts all clocks. `wallStepMs` is a further step of the wall clock.
   */
  const clock = {
    offsetMs: 0,
    wallStepMs: 0,
    now: () => Date.now() + clock.offsetMs + clock.wallStepMs,
    monotonicNow: () => systemClock.now() + clock.offsetMs,
  };
  const server = createServer({
    store,
    logger,
    errors: new ErrorDisclosure(logger, clock.monotonicNow),
    host: "127.0.0.1",
    port: 0,
    socketPath,
    tls: undefined,
    heartbeatTimeoutMs: 30_000,
    maxSyncsPerSecond: 3000,
    maxExecutorsPerKey: 100,
    version: "1.4.0",
    now: clock.now,
    monotonicNow: clock.monotonicNow,
    ...overrides,
  });
  const { url } = await server.listen();
  const network = new Client(url);
  const management = new Client("http://localhost", { socketPath });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) {
      return;
    }
    isOpen = false;
    await Promise.all([network.close(), management.close()]);
    keepText("control-plane.log", lines.join("\n"));
    keepFiles(directory);
    await server.close();
    await store.close();
  };
  onTestFinished(close);

  /** Sends as an executor, over TCP. Without a key there is no header. */
  const post = (secret: string | undefined, query: string, variables: unknown = {}, headers = {}) =>
    send(
      network,
      { ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }), ...headers },
      query,
      variables,
    );
  /** Sends as an operator, over the management socket. */
  const manage = (query: string, variables: unknown = {}) => send(management, {}, query, variables);
  const sync = (secret: string, input: object = {}) =>
    post(secret, SYNC_EXECUTOR, { input: { ...SYNC_INPUT, ...input } });
  const createOrganization = async (slug: string): Promise<string> => {
    const answer = await manage(`mutation { createOrganization(name: "${slug}", slug: "${slug}") { id } }`);
    return z.object({ createOrganization: z.object({ id: z.string() }) }).parse(answer.data)
      .createOrganization.id;
  };
  const issue = async (document: string, variables: unknown): Promise<IssuedTestKey> => {
    const answer = await manage(document, variables);
    if (answer.code !== undefined) {
      throw new Error(`${answer.code}: ${answer.message}`);
    }
    const { apiKey, secret } = issuedKey.parse(answer.data).issued;
    noteKey(secret);
    return { ...apiKey, secret };
  };
  const createKey = (input: object = {}) =>
    issue(
      `mutation($input: CreateApiKeyInput!) { issued: createApiKey(input: $input) { apiKey { ${KEY_FIELDS} } secret } }`,
      {
        input: { organization: "acme", name: "prod", ...input },
      },
    );
  const rotateKey = (id: string, revokesAt?: number) =>
    issue(
      `mutation($id: ID!, $revokesAt: Timestamp) { issued: rotateApiKey(id: $id, revokesAt: $revokesAt) { apiKey { ${KEY_FIELDS} } secret } }`,
      { id, revokesAt },
    );
  const revokeKey = (id: string) =>
    manage("mutation($id: ID!) { revokeApiKey(id: $id) { id status } }", { id });
  const deleteKey = (id: string) => manage("mutation($id: ID!) { deleteApiKey(id: $id) { id } }", { id });
  const auditEvents = async () => {
    const answer = await manage(
      '{ auditEvents(organization: "acme", limit: 500) { id action actor targetId targetName details source } }',
    );
    return auditAnswer.parse(answer.data).auditEvents;
  };
  return {
    url,
    port: Number(new URL(url).port),
    directory,
    databasePath,
    socketPath,
    lines,
    clock,
    store,
    server,
    close,
    post,
    manage,
    sync,
    createOrganization,
    createKey,
    rotateKey,
    revokeKey,
    deleteKey,
    auditEvents,
  };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;

const auditAnswer = z.object({
  auditEvents: z.array(
    z.object({
      id: z.string(),
      action: z.string(),
      actor: z.string(),
      targetId: z.string(),
      targetName: z.string(),
      details: z.string(),
      source: z.string(),
    }),
  ),
});

/** What an agent reports about itself. */
export const SYNC_INPUT = {
  name: "agent-1",
  kind: "agent",
  version: "1.4.0",
  channel: "stable",
  instanceId: "instance-1",
  hostName: "host-1",
  capabilities: {
    supportedChains: [{ chain: "ethereum", networks: ["mainnet", "hoodi"] }],
    features: ["sync"],
    storageClasses: [],
  },
  resources: { cpuCount: 2, memoryTotalBytes: 8e9, memoryFreeBytes: 4e9 },
} as const;

async function send(client: Dispatcher, headers: object, query: string, variables: unknown): Promise<Answer> {
  const body = JSON.stringify({ query, variables });
  return sendRaw(client, { "content-type": "application/json", ...headers }, body);
}

/** Sends any body with any headers. */
export async function sendRaw(
  client: Dispatcher,
  headers: Record<string, string>,
  body: string | Buffer,
): Promise<Answer> {
  const response = await client.request({ path: "/graphql", method: "POST", headers, body });
  const text = await response.body.text();
  const parsed = answerBody.safeParse(text.startsWith("{") ? JSON.parse(text) : undefined);
  const error = parsed.data?.errors?.[0];
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    data: parsed.data?.data,
    code: error?.extensions?.code,
    reason: error?.extensions?.reason,
    message: error?.message,
  };
}
