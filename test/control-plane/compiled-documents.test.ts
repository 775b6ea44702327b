import { Client } from "undici";
import { expect, it, onTestFinished } from "vitest";
import { compileExecutorDocuments } from "../../src/control-plane/compiled-documents.ts";
import { GraphqlDocuments, loadSchema } from "../../src/control-plane/graphql-documents.ts";
import { CURRENT_KEY, SYNC_EXECUTOR } from "../../src/protocol/operations.ts";
import { SYNC_INPUT, sendRaw, startServer } from "../support/control-plane-server.ts";

const sync = (input: unknown, operationName?: string) => ({ source: SYNC_EXECUTOR, input, operationName });

/** The same document in other words: not one of ours, so that graphql-js executes it. */
const inOtherWords = (source: string) => `${source} # `;

it.each([
  ["a sync", sync(SYNC_INPUT)],
  ["a sync by its name", sync(SYNC_INPUT, "SyncExecutor")],
  ["another operation's name", sync(SYNC_INPUT, "CurrentKey")],
  ["no input", sync(undefined)],
  ["an input that is none", sync("agent-1")],
  ["a name that is a number", sync({ ...SYNC_INPUT, name: 1 })],
  ["a kind that is unknown", sync({ ...SYNC_INPUT, kind: "robot" })],
  ["a field too many", sync({ ...SYNC_INPUT, colour: "red" })],
  ["a field of every object", sync({ ...SYNC_INPUT, constructor: 1 })],
  [
    "one item where a list belongs",
    sync({ ...SYNC_INPUT, capabilities: { ...SYNC_INPUT.capabilities, features: "sync" } }),
  ],
  ["a name that is too long", sync({ ...SYNC_INPUT, name: "n".repeat(254) })],
  ["another organization", sync({ ...SYNC_INPUT, expectedOrganizationId: "elsewhere" })],
  [
    "a look at the key",
    { source: CURRENT_KEY, input: { executorName: "agent-1" }, operationName: undefined },
  ],
  ["a look without a name", { source: CURRENT_KEY, input: {}, operationName: undefined }],
])("answers %s as graphql-js does", async (_what, { source, input, operationName }) => {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const client = new Client(server.url);
  onTestFinished(() => client.destroy());
  const ask = (query: string) =>
    sendRaw(
      client,
      { "content-type": "application/json", authorization: `Bearer ${secret}` },
      JSON.stringify({ query, variables: { input }, operationName }),
    );
  await ask(SYNC_EXECUTOR);
  const { headers: _compiledHeaders, ...compiled } = await ask(source);
  const { headers: _headers, ...interpreted } = await ask(inOtherWords(source));
  expect(compiled).toEqual(interpreted);
});

it("leaves a large request to graphql-js, which stops at the fifth mistake in its variables", async () => {
  const execute = compileExecutorDocuments(loadSchema()).get(CURRENT_KEY);
  const key = { id: "k", name: "prod", expiresAt: null, revokesAt: null };
  const currentKey = () => ({ key, organization: { id: "o", name: "Acme", slug: "acme" } });
  const request = { variables: { input: { executorName: "agent-1" } }, operationName: undefined };
  expect(await execute?.({ currentKey }, { ...request, sizeBytes: 8192 })).toMatchObject({
    data: { currentKey: { key: { id: "k" } } },
  });
  expect(await execute?.({ currentKey }, { ...request, sizeBytes: 8193 })).toBeUndefined();
});

it("compiles what an executor sends, and nothing that came over the network", () => {
  const documents = new GraphqlDocuments(loadSchema());
  const compiled = (source: string) => {
    const prepared = documents.prepare(source);
    return prepared.kind === "valid" ? prepared.compiled !== undefined : "invalid";
  };
  for (const source of [SYNC_EXECUTOR, CURRENT_KEY]) {
    expect(compiled(source)).toBe(true);
    expect(compiled(inOtherWords(source))).toBe(false);
  }
});
