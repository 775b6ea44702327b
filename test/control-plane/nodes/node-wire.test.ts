import { readFileSync } from "node:fs";
import { buildASTSchema, type DocumentNode, Kind, parse, visit } from "graphql";
import { expect, it } from "vitest";
import { GraphqlDocuments } from "../../../src/control-plane/graphql/request/graphql-documents.ts";
import { SYNC_EXECUTOR, SYNC_EXECUTOR_WITH_NODES } from "../../../src/protocol/operations.ts";
import { SYNC_INPUT, startServer } from "../../support/control-plane/control-plane-server.ts";
import { nodeExecutor, observed, running, written } from "../../support/control-plane/node-executor.ts";

const SCHEMA = parse(readFileSync(new URL("../../../src/protocol/schema.graphql", import.meta.url), "utf8"));

/** The schema of a control plane that knows nothing of nodes in syncs. */
function schemaBeforeNodes(): DocumentNode {
  const without = <
    Type extends { readonly fields?: readonly { readonly name: { readonly value: string } }[] | undefined },
  >(
    type: Type,
  ) => ({ ...type, fields: type.fields?.filter(({ name }) => name.value !== "nodes") });
  return visit(SCHEMA, {
    [Kind.INPUT_OBJECT_TYPE_DEFINITION]: (type) =>
      type.name.value === "SyncExecutorInput" ? without(type) : undefined,
    [Kind.OBJECT_TYPE_DEFINITION]: (type) =>
      type.name.value === "SyncExecutorResult" ? without(type) : undefined,
  });
}

it("a control plane from before answers the document with nodes with an error that names them", () => {
  const before = new GraphqlDocuments(buildASTSchema(schemaBeforeNodes()));
  const prepared = before.prepare(SYNC_EXECUTOR_WITH_NODES);
  expect(prepared).toMatchObject({
    kind: "invalid",
    error: {
      code: "GRAPHQL_VALIDATION_FAILED",
      message: 'Cannot query field "nodes" on type "SyncExecutorResult".',
    },
  });
  expect(before.prepare(SYNC_EXECUTOR)).toMatchObject({ kind: "valid" });
  expect(new GraphqlDocuments(buildASTSchema(SCHEMA)).prepare(SYNC_EXECUTOR_WITH_NODES)).toMatchObject({
    kind: "valid",
  });
});

it("an agent from before stays online, and its nodes are as they were reported", async () => {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const executor = nodeExecutor(server, secret);
  await executor.sync();
  const { node } = await executor.create("ltc-1");
  await executor.sync({ observed: [running({ ...node, name: "ltc-1" })] });
  const shown = async () =>
    (
      await server.manage("query($id: ID!) { node(id: $id) { phase observedAt executor { name } } }", {
        id: node.id,
      })
    ).data;
  await written(server);
  const before = await shown();
  expect(before).toMatchObject({ node: { phase: "running" } });
  server.clock.offsetMs += 20_000;
  const older = await server.post(secret, SYNC_EXECUTOR, { input: SYNC_INPUT });
  expect(older.status).toBe(200);
  expect(older.text).not.toContain('"nodes"');
  server.clock.offsetMs += 20_000;
  expect(await shown()).toEqual(before);
  const { data } = await server.manage('{ executors(organization: "acme", limit: 1) { status } }');
  expect(data).toEqual({ executors: [{ status: "online" }] });
});

it("a whole report about as many nodes as an executor can have, all in error, fits", async () => {
  const server = await startServer();
  await server.createOrganization("acme");
  const { secret } = await server.createKey();
  const executor = nodeExecutor(server, secret);
  await executor.sync();
  const error = { status: "error", problem: "crash_loop", reason: "It died. ".repeat(33).trim() } as const;
  const report = Array.from({ length: 128 }, (_, n) => {
    const one = observed({ id: `id-${n}`.padEnd(32, "x"), name: `ltc-${n}`, revision: 1 }, error);
    return { ...one, processes: [...one.processes, ...one.processes], isUnlisted: true };
  });
  expect(JSON.stringify(report).length).toBeGreaterThan(64 * 1024);
  expect((await executor.send({ isWhole: true, observed: report })).status).toBe(200);
});
