import { linkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Agent } from "../../src/agent/agent.ts";
import { openControlSocket } from "../../src/agent/control-socket.ts";
import { NOTHING_YET } from "../../src/agent/rotation.ts";
import { takeStartTurn } from "../../src/agent/start-turn.ts";
import { agentStatus } from "../../src/agent/status.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type AgentProcess, agentHome, render, startAgent } from "../support/agent-process.ts";
import { eventually } from "../support/eventually.ts";
import { makeKey } from "../support/keys.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A socket whose process is dead, at `path`: nothing takes away a link that was made by another name. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.own`, resolve));
  linkSync(`${path}.own`, path);
  await new Promise((resolve) => server.close(resolve));
}

/** All that the socket asks of an agent when another one comes. */
function idleAgent(): Agent {
  const context = { configPath: "/agent.toml", startedAt: systemClock.now(), pid: process.pid };
  const status = () => agentStatus(NOTHING_YET, { ...context, clock: systemClock });
  const never = () => Promise.reject(new Error("not asked for"));
  return { status, run: never, reload: never, until: never, retry() {}, allowNewOrganization() {} };
}

describe("many starts at the same instant", () => {
  test("that find a socket left behind: one takes it, the others are told its PID", async () => {
    const folder = tempDir();
    const path = join(folder, "agent.sock");
    for (let round = 0; round < 5; round += 1) {
      await leaveSocket(path);
      const ends = await Promise.allSettled(
        Array.from({ length: 8 }, () => openControlSocket(folder, idleAgent())),
      );
      const servers = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
      for (const server of servers) server.close();
      const complaints = ends.flatMap((end) => (end.status === "rejected" ? [String(end.reason)] : []));
      const isTold = expect.stringContaining(`runs already (PID ${process.pid}, on ${path}): see`);
      expect(complaints).toEqual(Array.from({ length: 7 }, () => isTold));
    }
  });

  test("as processes, over what a killed one left: one runs, the others are told its PID and end with 1", async () => {
    const home = agentHome(tempDir());
    home.write({ url: "http://127.0.0.1:9", key: makeKey() });
    await using stack = new AsyncDisposableStack();
    const killed = stack.use(startAgent(home));
    await killed.waitForLine("agent.started", /^/, 20_000);
    killed.signal("SIGKILL");
    await killed.exited();
    const agents = Array.from({ length: 6 }, () => stack.use(startAgent(home)));
    const running = await eventually(() => onlyOneLeft(agents), { timeoutMs: 25_000, describe: "one agent" });
    for (const other of agents.filter((agent) => agent !== running)) {
      expect((await other.exited()).code).toBe(1);
      expect(render(other.lines)).toContain(`another novacula-agent runs already (PID ${running.pid}, on `);
    }
    expect((await running.waitForStatus(() => true)).pid).toBe(running.pid);
  });

  test("somebody who keeps the turn for himself keeps no agent from starting", async () => {
    const folder = tempDir();
    using _turn = await takeStartTurn(folder);
    const server = await openControlSocket(folder, idleAgent());
    expect(server.listening).toBe(true);
    server.close();
  });
});

function onlyOneLeft(agents: readonly AgentProcess[]): AgentProcess | undefined {
  const left = agents.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  return left.length === 1 ? left[0] : undefined;
}
