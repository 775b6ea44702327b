import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { startAgent } from "../../support/agent/agent-process.ts";
import { type Host, moreSyncs, startFleet } from "../../support/agent/rotation-scene.ts";
import { runCommand, startControlPlane, type TestKey } from "../../support/control-plane/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { checkOut, previousCommit } from "../../support/releases/previous-release.ts";
import { startRelay } from "../../support/releases/relay.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** The real programs of the release before nodes, with those of this checkout. */

const commit = previousCommit();
if (commit === undefined) {
  process.stderr.write("skipped, for there is no history of this repository: clone all of it\n");
}
const previous = commit === undefined ? undefined : checkOut(commit);
afterAll(() => previous?.[Symbol.dispose]());

const TIMEOUT = { timeout: 300_000 };
const HOUR_MS = 3_600_000;
/** Moves the agent's clock by an hour at each SIGUSR2. */
const CLOCK = `
const now = performance.now.bind(performance);
let ahead = 0;
performance.now = () => now() + ahead;
process.on("SIGUSR2", () => { ahead += ${HOUR_MS}; });`;
const WITH_CLOCK = { arguments: ["--import", `data:text/javascript,${encodeURIComponent(CLOCK)}`] };

type Plane = Awaited<ReturnType<typeof startControlPlane>>;

/** Waits until the executor has synced twice more, as the control plane sees it. */
async function syncsOn(plane: Plane, name: string): Promise<void> {
  const last = async () =>
    (await plane.executors("acme")).find((each) => each.name === name)?.lastSyncAt ?? undefined;
  for (let count = 0; count < 2; count += 1) {
    const before = await last();
    await eventually(async () => (await last()) !== before, { timeoutMs: 20_000, describe: "a sync" });
  }
}

async function rotate(
  plane: Plane,
  host: Host,
  first: TestKey,
  synced: () => Promise<void>,
): Promise<TestKey> {
  await synced();
  const second = await plane.createKey({ name: `after ${first.name}` });
  host.useKey(second.secret);
  await host.agent.waitForLine("key.rotated", new RegExp(second.id, "u"));
  await plane.revokeKey(first.id);
  await synced();
  expect(plane.refusedSyncs()).toEqual([]);
  expect(plane.lines.filter((line) => line.includes('"event":"executor.disconnected"'))).toEqual([]);
  return second;
}

const said = ({ agent }: Host, event: string) => agent.lines.filter((line) => line.event === event).length;
const troubles = ({ agent }: Host) => agent.lines.filter(({ level }) => level === "error");

describe.skipIf(previous === undefined)("the release before nodes", () => {
  it("its agent is online with this control plane, and rotates its key", TIMEOUT, async () => {
    await using fleet = await startFleet();
    const { plane } = fleet;
    const key = await plane.createKey();
    const host = await fleet.online(key, {}, { program: previous?.agent ?? "" });
    await rotate(plane, host, key, () => syncsOn(plane, "agent-1"));
    const create = await runCommand(
      ["nodes", "create", "--executor", "agent-1", "--name", "a", "--chain", "litecoin"].concat([
        "--network",
        "regtest",
        "--socket",
        plane.socketPath,
      ]),
    );
    expect(create.exitCode).toBe(1);
    expect(create.stderr).toContain("has not reported yet that it manages nodes");
    await syncsOn(plane, "agent-1");
    expect(troubles(host)).toEqual([]);
    expect(await host.agent.stop()).toBe(0);
  });

  it("this agent is online with its control plane, and asks for nodes once an hour", TIMEOUT, async () => {
    await using fleet = await startFleet({ program: previous?.controlPlane ?? "" });
    const { plane } = fleet;
    await using relay = await startRelay(plane.port);
    const key = await plane.createKey();
    const host = await fleet.online(key, { url: relay.url }, WITH_CLOCK);
    const synced = () => moreSyncs(host, 2);
    // The first time, nothing may be known of nodes yet: the process alone tells the attempt.
    const asked = () => relay.sent().split('"process":').length - 1;
    await host.agent.waitForLine("nodes.unsupported");
    await synced();
    expect(asked()).toBe(1);
    host.agent.signal("SIGUSR2");
    await eventually(() => asked() === 2, { timeoutMs: 20_000, describe: "nodes are asked for again" });
    await synced();
    const second = await rotate(plane, host, key, synced);
    await rotate(plane, host, second, synced);
    expect(asked()).toBeLessThanOrEqual(4);
    expect(said(host, "nodes.unsupported")).toBe(1);
    expect(troubles(host)).toEqual([]);
    expect(await host.agent.stop()).toBe(0);
  });

  it(
    "its control plane is upgraded below this agent, which finds that out within an hour",
    TIMEOUT,
    async () => {
      using directory = temporaryDirectory();
      const env = { HEARTBEAT_TIMEOUT_MS: "3000" };
      const old = await startControlPlane({
        directory: directory.path,
        env,
        program: previous?.controlPlane ?? "",
      });
      const key = await old.createKey();
      await using fleet = await startFleet();
      const host = await fleet.online(key, { url: old.url }, WITH_CLOCK);
      await host.agent.waitForLine("nodes.unsupported");
      expect(await old.stop()).toBe(0);
      const plane = await startControlPlane({ directory: directory.path, env, port: old.port });
      try {
        await syncsOn(plane, "agent-1");
        expect(said(host, "nodes.supported")).toBe(0);
        host.agent.signal("SIGUSR2");
        await host.agent.waitForLine("nodes.supported");
        const nodes = await plane.management("nodes", "list");
        expect(nodes).toEqual({ nodes: [] });
        expect(await host.agent.stop()).toBe(0);
      } finally {
        await plane.stop();
      }
    },
  );

  it("an agent that is upgraded and rolled back keeps its executor", TIMEOUT, async () => {
    await using fleet = await startFleet();
    const { plane } = fleet;
    const key = await plane.createKey();
    const host = await fleet.online(key);
    expect(await host.agent.stop()).toBe(0);
    const [before] = await plane.executors("acme");
    for (const program of [previous?.agent ?? "", undefined]) {
      writeFileSync(host.home.configPath, host.home.toml({ url: plane.url, key: key.secret }));
      await using agent = startAgent({ ...host.home, ...(program !== undefined && { program }) });
      await agent.waitForLine("key.accepted");
      await syncsOn(plane, "agent-1");
      expect(agent.lines.filter(({ level }) => level === "error")).toEqual([]);
      expect(await agent.stop()).toBe(0);
    }
    const after = await plane.executors("acme");
    expect(after.map(({ id }) => id)).toEqual([before?.id]);
  });
});
