import { expect, it } from "vitest";
import { BINARY_NODE_FLAGS } from "../../../packaging/v8-flags.ts";
import { setOnlineScene } from "../../support/agent/agent-scene.ts";

/** As V8 writes of a collection that was asked for, and gives memory back. */
const ASKED_FOR = /Mark-Compact \(reduce\).* testing/;

it("all garbage is collected after a thousand syncs, with the flags of the released binary", async () => {
  await using scene = await setOnlineScene({ arguments: [...BINARY_NODE_FLAGS, "--trace-gc"] });
  const { agent, server } = scene;
  while (server.requests.length < 950) {
    await agent.post("retry");
  }
  expect(agent.lines.filter(({ message }) => ASKED_FOR.test(message))).toEqual([]);
  while (server.requests.length < 1001) {
    await agent.post("retry");
  }
  await agent.waitForLine("stdout", ASKED_FOR);
}, 60_000);
