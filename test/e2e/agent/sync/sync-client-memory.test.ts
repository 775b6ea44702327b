import { expect, it } from "vitest";
import { accepted } from "../../../support/agent/behaviours.ts";
import { fault } from "../../../support/agent/faults.ts";
import { startFaultyServer } from "../../../support/agent/faulty-server.ts";
import { runSyncChild } from "../../../support/agent/run-sync-child.ts";

it.each([
  ["1 GB body", "answer-too-large"],
  ["1 GB announced", "answer-too-large"],
  ["gzip bomb", "answer-malformed"],
  ["1 MB header", "answer-too-large"],
  ["1 MB names", "answer-too-large"],
])("%s takes less than 50 MB, five times over", async (name, cause) => {
  await using server = await startFaultyServer();
  server.respond((exchange) => (server.requests.length === 1 ? accepted : fault(name).behaviour)(exchange));

  const { outcomes, grownBytes } = await runSyncChild({ url: server.url, count: 6 });

  expect(outcomes.map((outcome) => outcome.cause)).toEqual([undefined, cause, cause, cause, cause, cause]);
  expect(grownBytes).toBeLessThan(50 * 1024 * 1024);
});
