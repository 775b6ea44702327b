import { describe, expect, it } from "vitest";
import { type Host, moreSyncs, watchExecutor } from "../../../support/agent/rotation-scene.ts";
import type { TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { type Replicas, startReplicas } from "../../../support/control-plane/replicas.ts";
import { eventually } from "../../../support/eventually.ts";
import { lacksNginx } from "../../../support/nginx.ts";

/** How often a control plane has logged that event. */
function logged({ lines }: TestControlPlane, event: string): number {
  return lines.filter((line) => line.includes(`"event":"${event}"`)).length;
}

/** An agent that has synced with both. */
async function onlineAtBoth({ fleet, planes, balancer }: Replicas): Promise<Host> {
  const key = await planes[0].createKey();
  const host = await fleet.online(key, { url: balancer });
  await moreSyncs(host, 6);
  return host;
}

/** All but the end of a grace, which is meant. */
function problemsIn({ agent }: Host): readonly string[] {
  return agent.lines
    .filter(({ level, event }) => (level === "error" || level === "warn") && event !== "key.expiring")
    .map(({ message }) => message);
}

describe.skipIf(lacksPostgres() || lacksNginx)(
  "two control planes on one database, behind a balancer",
  () => {
    it("rotate a key in one step, with grace and with a second key: no refused sync, never offline", async () => {
      // On a busy machine, a heartbeat of one may be seconds late at the other.
      const replicas = await startReplicas({ HEARTBEAT_TIMEOUT_MS: "8000" });
      const { planes } = replicas;
      const host = await onlineAtBoth(replicas);
      const [first] = (await planes[0].executors()).map(({ key }) => key);
      await using here = watchExecutor(planes[0], "agent-1");
      await using there = watchExecutor(planes[1], "agent-1");

      const withGrace = await planes[1].rotateKey(first?.id ?? "", Date.now() + 60_000);
      host.useKey(withGrace.secret);
      await host.agent.waitForLine("key.rotated", new RegExp(withGrace.fingerprint, "u"));
      await moreSyncs(host, 4);

      const second = await planes[0].createKey({ name: "prod 2" });
      host.useKey(second.secret);
      await host.agent.waitForLine("key.rotated", new RegExp(second.fingerprint, "u"));
      await planes[1].revokeKey(withGrace.id);
      await moreSyncs(host, 6);
      expect(planes.flatMap((plane) => plane.refusedSyncs())).toEqual([]);
      expect(problemsIn(host)).toEqual([]);

      const third = await planes[1].rotateKey(second.id);
      host.useKey(third.secret);
      await host.agent.waitForLine("key.rotated", new RegExp(third.fingerprint, "u"));
      await moreSyncs(host, 4);
      expect([here.statuses, there.statuses]).toEqual([new Set(["online"]), new Set(["online"])]);
      for (const plane of planes) {
        const [executor] = await plane.executors();
        expect(executor).toMatchObject({ status: "online", key: { id: third.id } });
      }
    });

    it("say once that an executor came and went, whoever heard it last", async () => {
      const replicas = await startReplicas();
      const { planes } = replicas;
      const host = await onlineAtBoth(replicas);
      await moreSyncs(host, 8);
      const counts = (event: string) => planes.map((plane) => logged(plane, event)).reduce((a, b) => a + b);
      expect(counts("executor.connected")).toBe(1);
      expect(counts("executor.reconnected")).toBe(0);
      host.agent.signal("SIGKILL");
      await eventually(() => counts("executor.disconnected") === 1, {
        timeoutMs: 30_000,
        describe: "its silence is told",
      });
      await eventually(
        async () =>
          (await Promise.all(planes.map((plane) => plane.executors())))
            .flat()
            .every(({ status }) => status === "offline"),
        { describe: "it is offline at both" },
      );
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expect(counts("executor.disconnected")).toBe(1);
    });

    it("name two processes of one executor of which each syncs with another control plane", async () => {
      const { fleet, planes } = await startReplicas({ HEARTBEAT_TIMEOUT_MS: "15000" });
      const key = await planes[0].createKey();
      const hosts = [
        await fleet.online(key, { url: planes[0].url }),
        await fleet.online(key, { url: planes[1].url }),
      ];
      for (const { agent } of hosts) {
        const line = await agent.waitForLine("executor.duplicate", /on this host/u, 40_000);
        expect(line.message).toContain("Another process syncs as executor agent-1 with the same key");
      }
      for (const plane of planes) {
        await eventually(() => logged(plane, "executor.duplicate") === 1, { describe: "both say so" });
      }
      expect(await hosts[1]?.agent.stop()).toBe(0);
      await hosts[0]?.agent.waitForLine("executor.duplicate-gone", /^/u, 60_000);
    });

    it("are restarted one after the other without a refused or unanswered sync", {
      timeout: 120_000,
    }, async () => {
      const replicas = await startReplicas();
      const { planes, again } = replicas;
      const host = await onlineAtBoth(replicas);
      const stopped: TestControlPlane[] = [];
      for (const index of [0, 1] as const) {
        stopped.push(planes[index]);
        expect(await planes[index].stop()).toBe(0);
        await moreSyncs(host, 2);
        await again(index);
        await moreSyncs(host, 6);
      }
      expect([...stopped, ...planes].flatMap((plane) => plane.refusedSyncs())).toEqual([]);
      expect(problemsIn(host)).toEqual([]);
      expect([...stopped, ...planes].map((plane) => logged(plane, "executor.disconnected"))).toEqual([
        0, 0, 0, 0,
      ]);
    });

    it("one is killed: nothing acknowledged is lost, and its executors go on at the other", {
      timeout: 120_000,
    }, async () => {
      const replicas = await startReplicas();
      const { planes, again } = replicas;
      const host = await onlineAtBoth(replicas);
      await using there = watchExecutor(planes[1], "agent-1");
      const made: string[] = [];
      const killed = (async () => {
        await moreSyncs(host, 2);
        await planes[0].kill();
      })();
      for (let n = 0; n < 1000; n += 1) {
        try {
          made.push((await planes[0].createKey({ name: `key ${n}` })).id);
        } catch {
          break;
        }
      }
      await killed;
      const listed = Object(await planes[1].management("keys", "list"));
      const ids = new Set(listed.keys.map(({ id }: { id: string }) => id));
      expect(made.filter((id) => !ids.has(id))).toEqual([]);
      expect(made.length).toBeGreaterThan(0);
      await moreSyncs(host, 4);
      await again(0);
      await moreSyncs(host, 4);
      expect(there.statuses).toEqual(new Set(["online"]));
      expect(planes.flatMap((plane) => plane.refusedSyncs())).toEqual([]);
    });
  },
);
