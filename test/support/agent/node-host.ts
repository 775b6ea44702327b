import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodesPart } from "../../../src/agent/daemon/nodes-part.ts";
import type { Entry } from "../../../src/agent/journal/entry.ts";
import { downUnit, type UnitState } from "../../../src/agent/reconciler/decide/unit-state.ts";
import type { Hand, HandAnswer } from "../../../src/agent/reconciler/host/hand-client.ts";
import type { HostPlaces } from "../../../src/agent/reconciler/host/places.ts";
import { createNodesAgent } from "../../../src/agent/reconciler/nodes-agent.ts";
import type { ProbeReading } from "../../../src/agent/reconciler/probe/probe-reading.ts";
import { Programs } from "../../../src/agent/reconciler/render/programs.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { NodesReport } from "../../../src/protocol/nodes/node-exchange.ts";
import type { NodeSpec } from "../../../src/protocol/nodes/node-spec.ts";
import type { ObservedNode } from "../../../src/protocol/nodes/observed-node.ts";
import { eventually } from "../eventually.ts";
import { makeKey } from "../keys.ts";
import type { TemporaryDirectory } from "../temp-dir.ts";
import { fileWith, replyOf as syncReplyOf } from "./loaded.ts";
import { ORGANIZATION, OWN_CLIENTS, replyOf } from "./nodes.ts";

interface ModelUnit {
  activeState: string;
  isEnabled: boolean;
  restarts: number;
  starts: number;
  /** CLOCK_MONOTONIC, ms. */
  startedAtMs: number;
}

/**
 * A host for the part of the agent that keeps nodes: real files, and a model of systemd and the
 * hand. A start and a stop take effect at once.
 */
export class ModelHost {
  readonly requests: string[] = [];
  readonly said: Entry[] = [];
  readonly units = new Map<string, ModelUnit>();
  readonly folder: string;
  readonly places: HostPlaces;
  /** The path of the unit template. */
  readonly template: string;
  /** What the hand answers instead. */
  answer: ((request: string) => HandAnswer | undefined) | undefined;
  answersProbes = true;
  /** Whether the kernel shows the processes of a unit, so that systemd is asked less often. */
  showsProcesses = false;
  /** How often systemd was asked. */
  asks = 0;
  /** How often a process was asked. */
  probes = 0;
  #agent: NodesPart | undefined;
  #end: AbortController | undefined;
  #ended: Promise<void> | undefined;
  changeNumber = 0;
  /** What waits for the next sync. */
  syncs = 0;

  constructor({ path }: TemporaryDirectory) {
    this.folder = path;
    const inside = (name: string) => join(path, name);
    this.places = {
      nodesDir: inside("data/nodes"),
      dataDir: "/var/lib/novacula-nodes",
      diskPath: path,
      handSocket: inside("hand.sock"),
      wantsDir: inside("wants"),
      clientsDir: inside("clients"),
      agentDataDir: inside("data"),
    };
    this.template = inside("litecoin-node@.service");
    writeFileSync(this.template, "[Unit]\n");
    mkdirSync(inside("data"));
    mkdirSync(inside("wants"));
    for (const version of ["0.21.2.1", "0.21.4"]) {
      const place = join(inside("clients"), "litecoind", version);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "litecoind"), "#!/bin/sh\n");
      chmodSync(join(place, "litecoind"), 0o755);
    }
  }

  get dataDir(): string {
    return this.places.agentDataDir;
  }

  start(dataDir = this.dataDir): void {
    const end = new AbortController();
    const agent = createNodesAgent({
      dataDir,
      clock: systemClock,
      say: (entry) => this.said.push(entry),
      random: () => 0,
      places: this.places,
      hand: this.#hand(),
      units: {
        roots: [join(this.folder, "groups")],
        ask: async (units, enabled) => {
          this.asks += 1;
          return new Map(units.map((unit) => [unit, this.#stateOf(unit, enabled.has(unit))]));
        },
      },
      probe: async (): Promise<ProbeReading> => {
        this.probes += 1;
        return this.answersProbes
          ? {
              kind: "answered",
              height: 1,
              targetHeight: 1,
              peers: 0,
              progress: 1,
              isBehind: false,
              version: null,
            }
          : { kind: "silent", why: "nothing listens" };
      },
      programs: new Programs({
        clientsDir: join(this.folder, "clients"),
        owners: [process.geteuid?.() ?? 0],
        catalogue: OWN_CLIENTS,
      }),
    });
    const { config } = fileWith(makeKey());
    agent.configure({
      ...config,
      reconciler: { intervalMs: 50 },
      reporter: { intervalMs: 50, scrapeTimeoutMs: 1000 },
    });
    this.#agent = agent;
    this.#end = end;
    this.#ended = agent.run(end.signal, () => {
      this.syncs += 1;
    });
  }

  async stop(): Promise<void> {
    this.#end?.abort();
    await this.#ended;
  }

  agent(): NodesPart {
    if (this.#agent === undefined) {
      throw new Error("not started");
    }
    return this.#agent;
  }

  /** One sync: the control plane answers with the whole list. Resolves with what was reported. */
  async sync(
    specs: readonly NodeSpec[],
    changes: Partial<ReturnType<typeof replyOf>> = {},
    organizationId = ORGANIZATION,
    executor = syncReplyOf().executor.name,
  ): Promise<NodesReport> {
    const report = await eventually(async () => this.agent().report(), { describe: "there is a report" });
    this.changeNumber += 1;
    const nodes = replyOf(specs, { changeNumber: this.changeNumber, wantsWhole: true, ...changes });
    this.agent().synced(report, {
      ...syncReplyOf(),
      organization: { id: organizationId, name: "o", slug: "o" },
      executor: { ...syncReplyOf().executor, name: executor },
      nodes,
    });
    return report;
  }

  /** One sync with a control plane that does not manage nodes. */
  async syncWithoutNodes(): Promise<void> {
    const report = await eventually(async () => this.agent().report(), { describe: "there is a report" });
    this.agent().synced(report, syncReplyOf());
  }

  /** What would be reported of a node now. */
  async until(name: string, describe: string, holds: (node: ObservedNode) => boolean): Promise<ObservedNode> {
    return await eventually(
      async () => {
        const node = this.agent()
          .report()
          ?.observed.find((each) => each.name === name);
        return node !== undefined && holds(node) ? node : undefined;
      },
      { describe, timeoutMs: 20_000 },
    );
  }

  async untilRunning(name: string): Promise<ObservedNode> {
    return await this.until(name, `${name} runs`, ({ processes }) =>
      processes.every(({ status }) => status === "running"),
    );
  }

  async untilSaid(event: Entry["event"]): Promise<Entry> {
    return await eventually(async () => this.said.find((entry) => entry.event === event), {
      describe: `${event} is said`,
      timeoutMs: 20_000,
    });
  }

  /** Two turns and more have passed. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 300));
  }

  argv(node: string): string {
    return readFileSync(join(this.places.nodesDir, node, "node.argv"), "utf8");
  }

  unit(name: string): ModelUnit {
    const known = this.units.get(name) ?? {
      activeState: "inactive",
      isEnabled: false,
      restarts: 0,
      starts: 0,
      startedAtMs: 0,
    };
    this.units.set(name, known);
    return known;
  }

  #hand(): Hand {
    return {
      ask: async (request) => {
        this.requests.push(request);
        const other = this.answer?.(request);
        if (other !== undefined) {
          return other;
        }
        const [verb, name = ""] = request.split(" ");
        const unit = this.unit(name);
        const link = join(this.places.wantsDir, name);
        if (verb === "run") {
          start(unit, unit.activeState === "active" ? 0 : 1);
          rmSync(link, { force: true });
          symlinkSync("/dev/null", link);
        } else if (verb === "restart") {
          start(unit, 1);
        } else if (verb === "stop") {
          unit.activeState = "inactive";
          rmSync(link, { force: true });
        }
        this.showProcesses(name);
        return { kind: "ok", lines: [] };
      },
    };
  }

  #stateOf(name: string, isEnabled: boolean): UnitState {
    const { activeState, restarts, starts, startedAtMs } = this.unit(name);
    return {
      ...downUnit(name),
      loadState: "loaded",
      activeState,
      subState: activeState === "active" ? "running" : "dead",
      isEnabled,
      restarts,
      invocationId: starts === 0 ? undefined : starts.toString(16).padStart(32, "0"),
      startedAtMs: starts === 0 ? undefined : startedAtMs,
      templatePath: this.template,
      controlGroup: this.showsProcesses ? `/${name}` : undefined,
    };
  }

  /** As the kernel does it after each change. */
  showProcesses(name: string): void {
    const group = join(this.folder, "groups", name);
    const { activeState, starts } = this.unit(name);
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, "cgroup.procs"), activeState === "active" ? `${1000 + starts}\n` : "");
  }
}

function start(unit: ModelUnit, times: number): void {
  unit.starts += times;
  unit.activeState = "active";
  unit.startedAtMs = times === 0 ? unit.startedAtMs : Number(process.hrtime.bigint()) / 1e6;
}
