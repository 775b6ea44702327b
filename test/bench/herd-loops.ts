import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { createDecisions } from "../../src/agent/daemon/decisions.ts";
import { measureHost } from "../../src/agent/daemon/resources/host-resources.ts";
import { nextDue } from "../../src/agent/daemon/rotation/rotation.ts";
import { buildSyncRequest } from "../../src/agent/daemon/sync-request.ts";
import { createSyncClient } from "../../src/agent/sync/sync-client.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { fileWith, PATH } from "../support/agent/loaded.ts";
import { fleetExecutorName, fleetKey } from "./fleet-database.ts";

/**
 * A child, `node herd-loops.ts URL SEED FIRST COUNT`: runs the loops of many agents and reports
 * every exchange over IPC.
 */
const [url = "", seed = "", first = "", count = ""] = process.argv.slice(2);

/** An exchange: which agent, when (epoch ms), and whether it was accepted. */
export type Exchange = readonly [agent: number, atMs: number, accepted: boolean];

const resources = await measureHost(tmpdir());
const never = new AbortController().signal;
let exchanges: Exchange[] = [];
setInterval(() => {
  process.send?.(exchanges);
  exchanges = [];
}, 200);
process.on("disconnect", () => process.exit());
for (let agent = Number(first); agent < Number(first) + Number(count); agent += 1) {
  void loop(agent);
}

/** The loop of src/agent/daemon/sync-loop.ts without files, socket and journal. */
async function loop(agent: number): Promise<void> {
  const file = fileWith(fleetKey(seed, agent), { name: fleetExecutorName(agent), url, dataDir: tmpdir() });
  const client = createSyncClient({
    url,
    key: file.key,
    caPem: undefined,
    proxy: "none",
    environment: {},
    userAgent: "novacula-agent/bench",
    deadlineMs: 10_000,
  });
  const decisions = createDecisions({
    path: PATH,
    folders: { dataDir: "/var/lib/novacula", runtimeDir: "/run/novacula" },
    clock: systemClock,
    random: Math.random,
    recall: () => undefined,
    self: undefined,
  });
  const instanceId = randomUUID();
  // The start is spread. herd.ts simulates a fleet that restarts at one moment.
  await pause(Math.random() * 10_000);
  decisions.applyFiles(file);
  for (;;) {
    const due = nextDue(decisions.rotation());
    if (due === undefined) {
      return;
    }
    await pause(Math.max(0, due.nextAt - systemClock.now()));
    const request = buildSyncRequest(due.generation.config, {
      instanceId,
      resources,
      expectedOrganizationId: undefined,
      nodes: undefined,
      process: undefined,
    });
    const outcome = await client.sync(request, never);
    if (outcome === undefined) {
      return;
    }
    exchanges.push([agent, Date.now(), outcome.kind === "accepted"]);
    decisions.applyOutcome(due.generation.id, outcome);
  }
}
