import { existsSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodesReport } from "../../../../src/protocol/nodes/node-exchange.ts";
import type { NodeSpec } from "../../../../src/protocol/nodes/node-spec.ts";
import type { ObservedNode } from "../../../../src/protocol/nodes/observed-node.ts";
import { ModelHost } from "../../../support/agent/node-host.ts";
import { makeSpec, ORGANIZATION } from "../../../support/agent/nodes.ts";
import { eventually } from "../../../support/eventually.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

/** Everything but systemd and the hand is real: files, lists, plans, reports. */

const UNIT = "litecoin-node@a.service";

function newHost(): ModelHost {
  const folder = temporaryDirectory();
  const host = new ModelHost(folder);
  onTestFinished(async () => {
    await host.stop();
    folder.remove();
  });
  return host;
}

/** Nodes whose ports differ. */
function specsOf(names: readonly string[], changes: Partial<NodeSpec> = {}): NodeSpec[] {
  return names.map((name, index) => {
    const ports = [
      { role: "node", name: "p2p", port: 20_001 + 2 * index },
      { role: "node", name: "rpc", port: 20_002 + 2 * index },
    ];
    return makeSpec(name, { ports, ...changes });
  });
}

/** A host on which these nodes run. */
async function hostWith(...names: readonly string[]): Promise<ModelHost> {
  const host = newHost();
  host.start();
  await host.sync(names.length === 1 ? names.map((name) => makeSpec(name)) : specsOf(names));
  for (const name of names) {
    await host.untilRunning(name);
  }
  return host;
}

describe("a control plane that manages no nodes", () => {
  const conditions = (host: ModelHost) =>
    host
      .agent()
      .status()
      .conditions.map(({ event }) => event);

  it("is no trouble for a host without nodes, and lasting trouble for one that has some", async () => {
    const empty = newHost();
    empty.start();
    await empty.syncWithoutNodes();
    expect(conditions(empty)).toEqual([]);
    const host = await hostWith("a");
    expect(conditions(host)).toEqual([]);
    await host.syncWithoutNodes();
    expect(conditions(host)).toEqual(["nodes.unsupported"]);
    await host.sync([makeSpec("a")]);
    expect(conditions(host)).toEqual([]);
  });
});

describe("the life of a node", () => {
  it("begins with its files and one start, and is then quiet", async () => {
    const host = await hostWith("a");
    expect(host.argv("a")).toContain("/clients/litecoind/0.21.4/litecoind\n");
    expect(host.requests).toEqual([`run ${UNIT}`]);
    const report = host.agent().report();
    expect(nodesReport.parse(report)).toEqual(report);
    expect(report?.observed).toMatchObject([{ name: "a", revision: 1, isGone: false, isUnlisted: false }]);
    await host.rest();
    expect(host.requests).toEqual([`run ${UNIT}`]);
    expect(host.said.map(({ event }) => event)).toEqual(["node.started"]);
  });

  it("restarts once for a changed setting, for another version, and when it was asked to", async () => {
    const host = await hostWith("a");
    const orders = [
      { overrides: [{ role: "node", key: "dbcache", value: "300" }] },
      { clients: [{ role: "node", client: "litecoind", version: "0.21.2.1", allowDowngrade: true }] },
      { restartGeneration: 1 },
    ];
    let changes = {};
    for (const [index, order] of orders.entries()) {
      changes = { ...changes, ...order };
      const revision = index + 2;
      await host.sync([makeSpec("a", { ...changes, revision })]);
      await host.until("a", `revision ${revision} is in effect`, (node) => node.revision === revision);
    }
    const restarts = host.requests.filter((request) => request === `restart ${UNIT}`);
    expect(restarts).toHaveLength(3);
  });

  it("is limited without a restart, and the revision counts", async () => {
    const host = await hostWith("a");
    const limits = [{ role: "node", memoryBytes: 1024 ** 3, cpuMillis: 1500 }];
    await host.sync([makeSpec("a", { revision: 2, limits })]);
    await host.until("a", "revision 2 is in effect", ({ revision }) => revision === 2);
    const limit = `limit ${UNIT} MemoryHigh=966367641 MemoryMax=1073741824 CPUQuota=150`;
    expect(host.requests).toEqual([`run ${UNIT}`, limit]);
    await host.sync([makeSpec("a", { revision: 3 })]);
    await host.until("a", "revision 3 is in effect", ({ revision }) => revision === 3);
    expect(host.requests.at(-1)).toBe(`limit ${UNIT} MemoryHigh=none MemoryMax=none CPUQuota=none`);
  });

  it("stops as ordered, keeps its files, and starts again", async () => {
    const host = await hostWith("a");
    await host.sync([makeSpec("a", { revision: 2, desiredState: "stopped" })]);
    await host.until("a", "it is stopped", ({ processes }) => processes[0]?.status === "stopped");
    expect(host.argv("a")).toContain("litecoind");
    await host.sync([makeSpec("a", { revision: 3 })]);
    await host.untilRunning("a");
    expect(host.requests).toEqual([`run ${UNIT}`, `stop ${UNIT}`, `run ${UNIT}`]);
  });

  it("ends with a deletion, of which the control plane hears until it has forgotten the node", async () => {
    const host = await hostWith("a");
    await host.sync([makeSpec("a", { revision: 2, deletion: { keepData: false } })]);
    await host.until("a", "it is gone", ({ isGone }) => isGone);
    expect(host.requests).toEqual([`run ${UNIT}`, `stop ${UNIT}`, `delete ${UNIT} data=a`]);
    expect(existsSync(join(host.places.nodesDir, "a"))).toBe(false);
    await host.sync([]);
    await eventually(() => host.agent().status().nodes.length === 0, { describe: "it is forgotten" });
  });

  it("is gone for the control plane too if its data is purged before that has heard of it", async () => {
    const host = await hostWith("a");
    const order = makeSpec("a", { revision: 2, deletion: { keepData: true } });
    await host.sync([order]);
    await host.until("a", "it is gone", ({ isGone }) => isGone);
    expect(await host.agent().purged("a")).toMatchObject({ kind: "done" });
    await host.sync([order]);
    await host.until("a", "it is still reported", ({ isGone }) => isGone);
    await host.sync([makeSpec("a", { id: "new" })]);
    await host.untilRunning("a");
    expect(host.said.filter(({ event }) => event === "node.deleted")).toHaveLength(1);
  });

  it("leaves its data and its name if the order says so, until it is purged", async () => {
    const host = await hostWith("a");
    await host.sync([makeSpec("a", { revision: 2, deletion: { keepData: true } })]);
    await host.until("a", "it is gone", ({ isGone }) => isGone);
    await host.sync([makeSpec("a", { id: "new" })]);
    await host.untilSaid("nodes.name-in-use");
    await host.until("a", "the new one waits", ({ id, processes }) => {
      return id === "new" && processes[0]?.problem === "bad_spec";
    });
    expect(await host.agent().forget("a")).toMatchObject({ kind: "refused" });
    expect(await host.agent().purged("a")).toMatchObject({ kind: "done" });
    await host.sync([makeSpec("a", { id: "new" })]);
    await host.untilRunning("a");
    expect(host.requests.some((request) => request.startsWith("delete"))).toBe(false);
  });
});

describe("what is no order", () => {
  it("changes nothing that runs", async () => {
    const host = await hostWith("a", "b");
    const before = host.requests.length;
    const isApplied = () => host.agent().status().changeNumber === host.changeNumber;
    for (const organization of ["org-2", ORGANIZATION]) {
      await host.sync([], {}, organization);
      await eventually(isApplied, { describe: "the list is applied" });
    }
    await host.sync(specsOf(["a"]), { count: 2 });
    await host.untilSaid("nodes.list-refused");
    await host.sync(specsOf(["a", "b"], { revision: 0, desiredState: "stopped" }));
    await eventually(isApplied, { describe: "the list is applied" });
    await host.sync([], { changeNumber: 0 });
    await host.rest();
    expect(host.requests).toHaveLength(before);
    expect(host.unit(UNIT).starts).toBe(1);
    const said = host.said.filter(({ event }) => event === "nodes.unlisted");
    expect(said).toHaveLength(1);
  });

  it("is a new process of the agent", async () => {
    const host = await hostWith("a");
    await host.stop();
    host.start();
    await host.untilRunning("a");
    await host.rest();
    expect(host.requests).toEqual([`run ${UNIT}`]);
  });

  it("is a lost record and a lost memory; without any memory nothing is done until a list arrives", async () => {
    const host = await hostWith("a");
    await host.stop();
    rmSync(join(host.places.nodesDir, "a", "applied.json"));
    host.start();
    await host.untilRunning("a");
    await host.stop();
    for (const file of ["nodes.json", "nodes.json.prev"]) {
      writeFileSync(join(host.dataDir, file), "damaged");
    }
    host.start();
    await host.untilSaid("nodes.memory-damaged");
    await eventually(() => host.agent().status().isObserveOnly, { describe: "it only observes" });
    await host.sync([makeSpec("a")]);
    await host.untilRunning("a");
    expect(host.requests).toEqual([`run ${UNIT}`]);
  });

  it("is a newer unit template, or a release that writes files differently: it is said, until a restart", async () => {
    const host = await hostWith("a");
    const reason = async (describe: string, holds: (text: string) => boolean) =>
      await host.until("a", describe, ({ processes }) => holds(processes[0]?.reason ?? ""));
    const isSaid = (text: string) => text.includes("Restart the node on the control plane");
    writeFileSync(host.template, "[Unit]\nDescription=newer\n");
    expect(await reason("the template is newer", isSaid)).toMatchObject({
      revision: 1,
      processes: [{ status: "running", problem: null }],
    });
    await host.sync([makeSpec("a", { revision: 2, restartGeneration: 1 })]);
    await reason("the restart has applied it", (text) => text === "");
    await host.stop();
    const path = join(host.places.nodesDir, "a", "applied.json");
    const applied = JSON.parse(readFileSync(path, "utf8"));
    for (const each of [applied.processes.node.started, applied.processes.node.written]) {
      each.hash = "a".repeat(64);
    }
    writeFileSync(path, JSON.stringify(applied));
    host.start();
    await reason("the files are from another release", isSaid);
    await host.rest();
    expect(host.requests).toEqual([`run ${UNIT}`, `restart ${UNIT}`]);
    expect(host.said.map(({ event }) => event)).not.toContain("node.problem");
    expect(host.agent().status().nodes[0]).toMatchObject({ runningRevision: 2 });
  });

  it("is a package that came after the start of a node without a record of its template: it is said", async () => {
    const host = await hostWith("a");
    await host.stop();
    const path = join(host.places.nodesDir, "a", "applied.json");
    const applied = JSON.parse(readFileSync(path, "utf8"));
    delete applied.processes.node.started.template;
    writeFileSync(path, JSON.stringify(applied));
    host.start();
    const asStarted = await host.untilRunning("a");
    expect(asStarted.processes[0]?.reason).toBeNull();
    // As dpkg does it, with the time of the build.
    renameSync(host.template, `${host.template}.old`);
    writeFileSync(host.template, "[Unit]\n");
    utimesSync(host.template, 0, 0);
    const isSaid = ({ processes }: ObservedNode) =>
      processes[0]?.reason?.includes("Restart the node") === true;
    expect(await host.until("a", "the package is newer than the process", isSaid)).toMatchObject({
      revision: 1,
      processes: [{ status: "running", problem: null }],
    });
    expect(host.agent().status().nodes[0]?.processes[0]?.reason).toContain("earlier release");
    await host.sync([makeSpec("a", { revision: 2, restartGeneration: 1 })]);
    await host.until("a", "the restart has applied it", ({ processes }) => processes[0]?.reason === null);
    expect(host.requests).toEqual([`run ${UNIT}`, `restart ${UNIT}`]);
  });

  it("is a file that somebody has changed: it is put back, and the process goes on", async () => {
    const host = await hostWith("a");
    const right = host.argv("a");
    writeFileSync(join(host.places.nodesDir, "a", "node.argv"), "/bin/false\n");
    await eventually(() => host.argv("a") === right, { describe: "the file is as it was" });
    expect(host.requests).toEqual([`run ${UNIT}`]);
    expect(host.unit(UNIT).starts).toBe(1);
  });
});

describe("a process that was started with other arguments behind the agent's back", () => {
  it("goes on, and counts for no revision until an order restarts it", async () => {
    const host = await hostWith("a");
    const right = host.argv("a");
    await host.stop();
    writeFileSync(join(host.places.nodesDir, "a", "node.argv"), "/bin/false\n");
    // As an administrator's `systemctl restart`.
    host.unit(UNIT).starts += 1;
    host.start();
    const seen = await host.until("a", "no revision counts", ({ revision }) => revision === null);
    expect(seen).toMatchObject({ processes: [{ status: expect.not.stringMatching("stopped") }] });
    await eventually(() => host.argv("a") === right, { describe: "the file is as it was" });
    await host.rest();
    expect(host.requests).toEqual([`run ${UNIT}`]);
    expect(host.agent().status().nodes[0]).toMatchObject({ revision: 1, runningRevision: null });
    await host.sync([makeSpec("a", { revision: 2, restartGeneration: 1 })]);
    await host.until("a", "revision 2 is in effect", ({ revision }) => revision === 2);
    expect(host.requests).toEqual([`run ${UNIT}`, `restart ${UNIT}`]);
  });
});

describe("an order that cannot be carried out", () => {
  it("leaves what runs as it is, and says why", async () => {
    const host = await hostWith("a");
    const overrides = [{ role: "node", key: "nosuchsetting", value: "1" }];
    await host.sync([makeSpec("a", { revision: 2, overrides })]);
    const node = await host.until(
      "a",
      "the problem is seen",
      ({ processes }) => processes[0]?.problem != null,
    );
    expect(node).toMatchObject({ revision: 1, processes: [{ status: "running", problem: "bad_spec" }] });
    expect(host.unit(UNIT).starts).toBe(1);
  });

  it("is an older version than the one that has the data, also after a restart of the agent", async () => {
    const host = await hostWith("a");
    const older = { role: "node", client: "litecoind", version: "0.21.2.1", allowDowngrade: false };
    const order = (revision: number, allowDowngrade: boolean) =>
      makeSpec("a", { revision, clients: [{ ...older, allowDowngrade }] });
    await host.sync([order(2, false)]);
    const refused = ({ processes }: ObservedNode) => processes[0]?.problem === "bad_spec";
    const seen = await host.until("a", "the older version is refused", refused);
    expect(seen).toMatchObject({ revision: 1, processes: [{ status: "running" }] });
    expect(seen.processes[0]?.reason).toMatch(/0\.21\.2\.1 is older than 0\.21\.4.*--allow-downgrade/u);
    await host.stop();
    host.start();
    await host.until("a", "it is refused still", refused);
    expect(host.requests).toEqual([`run ${UNIT}`]);
    await host.sync([order(3, true)]);
    await host.until("a", "revision 3 is in effect", ({ revision }) => revision === 3);
    expect(host.argv("a")).toContain("/clients/litecoind/0.21.2.1/litecoind\n");
    expect(host.requests).toEqual([`run ${UNIT}`, `restart ${UNIT}`]);
  });

  it("names a missing program, and goes on once it is there", async () => {
    const host = newHost();
    const program = join(host.folder, "clients/litecoind/0.21.4/litecoind");
    rmSync(program);
    host.start();
    const older = [{ role: "node", client: "litecoind", version: "0.21.2.1", allowDowngrade: false }];
    const specs = specsOf(["a", "b"]);
    await host.sync(specs.map((spec) => (spec.name === "b" ? { ...spec, clients: older } : spec)));
    await host.until(
      "a",
      "the program is missing",
      ({ processes }) => processes[0]?.problem === "binary_missing",
    );
    await host.untilRunning("b");
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
    await host.untilRunning("a");
  });

  it("is one that the hand refuses or does not answer: only that node waits", async () => {
    const host = newHost();
    host.answer = (request) =>
      request === `run ${UNIT}` ? { kind: "unavailable", why: "there is no socket" } : undefined;
    host.start();
    await host.sync(specsOf(["a", "b"]));
    await host.untilRunning("b");
    await host.until(
      "a",
      "the hand is missing",
      ({ processes }) => processes[0]?.problem === "hand_unavailable",
    );
    const line = await host.untilSaid("node.problem");
    expect(line.message).toContain("there is no socket");
  });

  it("is held back once the hand has deleted enough for an hour", async () => {
    const host = await hostWith("a");
    const why = "4 deletions within an hour at most";
    host.answer = (request) => (request.startsWith("delete") ? { kind: "refused", why } : undefined);
    await host.sync([makeSpec("a", { revision: 2, deletion: { keepData: false } })]);
    const node = await host.until("a", "it is held back", ({ processes }) => {
      return processes[0]?.problem === "deletion_held_back";
    });
    expect(node.isGone).toBe(false);
    await host.rest();
    expect(host.requests.filter((request) => request.startsWith("delete"))).toHaveLength(1);
  });

  it("is any order for an agent with another data_dir", async () => {
    const host = newHost();
    const other = join(host.folder, "other");
    writeFileSync(join(host.folder, "keep"), "");
    host.start(other);
    await host.sync([makeSpec("a")]);
    const node = await host.until(
      "a",
      "it says why",
      ({ processes }) => processes[0]?.problem === "hand_unavailable",
    );
    expect(node.processes[0]?.reason).toContain("data_dir");
    expect(host.requests).toEqual([]);
  });
});

describe("many stops in one list", () => {
  it("begin with one node, and the others wait a minute", async () => {
    const names = ["a", "b", "c"];
    const specs = specsOf(names);
    const host = newHost();
    host.start();
    await host.sync(specs);
    for (const name of names) {
      await host.untilRunning(name);
    }
    await host.sync(specs.map((spec) => ({ ...spec, revision: 2, desiredState: "stopped" as const })));
    await host.untilSaid("nodes.held-back");
    await host.until("a", "the first is stopped", ({ processes }) => processes[0]?.status === "stopped");
    await host.rest();
    expect(host.requests.filter((request) => request.startsWith("stop"))).toEqual([`stop ${UNIT}`]);
    await host.until(
      "c",
      "the last one waits",
      ({ processes }) => processes[0]?.problem === "deletion_held_back",
    );
  });
});

describe("a node that the control plane does not list", () => {
  it("because this host was another executor can be forgotten, although no list lacks it", async () => {
    const host = await hostWith("a");
    await host.sync([], { changeNumber: 0, list: null }, ORGANIZATION, "renamed");
    await host.untilSaid("nodes.other-executor");
    expect(host.agent().status().nodes).toMatchObject([{ name: "a", isUnlisted: false }]);
    expect(await host.agent().forget("a")).toMatchObject({ kind: "done" });
  });

  it("can be forgotten once it is stopped by the command, and one that it lists cannot", async () => {
    const host = await hostWith("a");
    expect(await host.agent().forget("a")).toMatchObject({ kind: "refused" });
    await host.sync([]);
    await host.until("a", "it is unlisted", ({ isUnlisted }) => isUnlisted);
    expect(await host.agent().forget("a")).toMatchObject({ kind: "done" });
    await eventually(() => host.agent().status().nodes.length === 0, { describe: "it is forgotten" });
    expect(readFileSync(join(host.dataDir, "nodes.json"), "utf8")).not.toContain("id-a");
    await eventually(() => host.agent().status().unknownUnits.includes(UNIT), {
      describe: "its unit is unknown",
    });
  });
});
