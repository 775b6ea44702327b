import type { Clock } from "../../lib/clock.ts";
import { Flood } from "../../lib/log/flood.ts";
import type { NodesReport } from "../../protocol/nodes/node-exchange.ts";
import type { ObservedNode } from "../../protocol/nodes/observed-node.ts";
import type { SyncReply } from "../../protocol/sync.ts";
import type { AgentConfig } from "../config/schema/agent-config.ts";
import type { NodeAnswer, NodesPart } from "../daemon/nodes-part.ts";
import { conditionOf } from "../daemon/status/condition.ts";
import type { NodesStatus } from "../daemon/status/nodes-status.ts";
import type { Entry } from "../journal/entry.ts";
import { BugGuard } from "./bug-guard.ts";
import { NodesReporter } from "./decide/report.ts";
import { ReportedNodes } from "./decide/reported-nodes.ts";
import { createHand, type Hand } from "./host/hand-client.ts";
import { HOST_PLACES, type HostPlaces } from "./host/places.ts";
import type { ObservedHost } from "./host/unit-observer.ts";
import { ListKeeper } from "./list-keeper.ts";
import { keptNode, supportEntry, unknownUnitsEntry } from "./narrate-nodes.ts";
import { readNodeLog } from "./node-log.ts";
import { nodesStatusOf } from "./nodes-status-of.ts";
import { probeProcess } from "./probe/probe.ts";
import type { Probe } from "./probing.ts";
import { Reconciler, type ReconcilerSettings } from "./reconciler.ts";
import { OwnCapabilities } from "./render/own-capabilities.ts";
import { Programs } from "./render/programs.ts";

export interface NodesAgentDeps {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly say: (entry: Entry) => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Others only in tests. */
  readonly places?: HostPlaces;
  readonly hand?: Hand;
  readonly units?: ObservedHost;
  readonly probe?: Probe;
  readonly programs?: Programs;
}

/** After a bug, ms. */
const BUG_PAUSE_MS = 60_000;
/** News may start a sync before its time: some at once, and one more in each period. */
const NEWS_LIMIT = { burst: 6, refillMs: 10_000 };

export function createNodesAgent(deps: NodesAgentDeps): NodesPart {
  return new NodesAgent(deps);
}

class NodesAgent implements NodesPart {
  readonly #deps: NodesAgentDeps;
  readonly #hand: Hand;
  readonly #programs: Programs;
  readonly #keeper: ListKeeper;
  readonly #reconciler: Reconciler;
  readonly #reporter: NodesReporter;
  readonly #obstacle: string | undefined;
  #settings: ReconcilerSettings = { intervalMs: 5000, reportIntervalMs: 10_000, scrapeTimeoutMs: 5000 };
  readonly #capabilities: OwnCapabilities;
  /** There is something to report: this host's list and programs are known. */
  #isLoaded = false;
  readonly #reportedNodes: ReportedNodes;
  /** The organization that answered last. */
  #organizationId: string | undefined;
  #isUnsupported = false;
  #isSyncWanted = false;
  #saidUnits = "";
  readonly #news: Flood;
  readonly #guard: BugGuard;

  constructor(deps: NodesAgentDeps) {
    const { dataDir, clock, say, random, places = HOST_PLACES } = deps;
    this.#deps = deps;
    this.#reportedNodes = new ReportedNodes(Math.round(clock.wall(clock.now())));
    this.#hand = deps.hand ?? createHand(places.handSocket);
    this.#programs =
      deps.programs ?? new Programs(places.clientsDir === undefined ? {} : { clientsDir: places.clientsDir });
    this.#capabilities = new OwnCapabilities(this.#programs);
    this.#keeper = new ListKeeper(dataDir, say);
    this.#obstacle =
      dataDir === places.agentDataDir
        ? undefined
        : `Only an agent whose data_dir is ${places.agentDataDir} can manage nodes. Fix: set agent.data_dir to it, or use another executor.`;
    this.#reconciler = new Reconciler({
      places,
      hand: this.#hand,
      units: deps.units,
      probe: deps.probe ?? probeProcess,
      programs: this.#programs,
      keeper: this.#keeper,
      clock,
      say,
      settings: () => this.#settings,
      obstacle: this.#obstacle,
    });
    this.#reporter = new NodesReporter(random);
    this.#news = new Flood(NEWS_LIMIT, clock.now);
    this.#guard = new BugGuard(say);
  }

  configure({ reconciler, reporter }: AgentConfig): void {
    this.#settings = {
      intervalMs: reconciler.intervalMs,
      reportIntervalMs: reporter.intervalMs,
      scrapeTimeoutMs: reporter.scrapeTimeoutMs,
    };
    this.#reconciler.wake();
  }

  async run(signal: AbortSignal, syncSoon: () => void): Promise<void> {
    await this.#guard.run(async () => {
      await this.#keeper.load();
      // An agent that manages no nodes has no use for clients, and asks none for its version.
      if (this.#obstacle === undefined) {
        await this.#programs.refresh(signal);
      }
    });
    this.#isLoaded = true;
    while (!signal.aborted) {
      const waitMs = await this.#guard.run(async () => await this.#turn(signal, syncSoon));
      await this.#reconciler.wait(waitMs ?? BUG_PAUSE_MS, signal);
    }
  }

  report(): NodesReport | undefined {
    if (!this.#isLoaded) {
      return undefined;
    }
    const { value: capabilities, hash: capabilitiesHash } = this.#capabilities.current();
    const { changeNumber, organizationId } = this.#keeper.list();
    const isOther = this.#organizationId !== undefined && this.#organizationId !== organizationId;
    return this.#reporter.next({
      observed: this.#reported(),
      seen: isOther ? null : changeNumber,
      capabilities,
      capabilitiesHash,
      intervalMs: this.#settings.reportIntervalMs,
      now: this.#deps.clock.now(),
    });
  }

  synced(sent: NodesReport | undefined, { nodes, organization, executor }: SyncReply): void {
    if (sent === undefined) {
      this.#wantSync();
      return;
    }
    this.#noteSupport(nodes !== null);
    if (nodes === null) {
      this.#reporter.startOver();
      return;
    }
    if (this.#organizationId !== undefined && this.#organizationId !== organization.id) {
      this.#reporter.startOver();
    } else {
      this.#reporter.accepted(sent, nodes, this.#deps.clock.now());
    }
    this.#organizationId = organization.id;
    if (nodes.wantsCapabilities || nodes.wantsWhole) {
      this.#wantSync();
    }
    const at = Math.round(this.#deps.clock.wall(this.#deps.clock.now()));
    const answer = { organizationId: organization.id, executor: { name: executor.name, at }, reply: nodes };
    this.#reconciler.answered(answer);
  }

  status(): NodesStatus {
    const bug = this.#guard.last();
    // Without nodes, a control plane that manages none is no loss.
    const isMissed = this.#isUnsupported && this.#keeper.list().nodes.length > 0;
    const conditions = [
      ...this.#keeper.conditions(),
      ...(bug === undefined ? [] : [bug]),
      ...(isMissed ? [supportEntry(false)] : []),
    ];
    return {
      ...nodesStatusOf(this.#keeper, this.#reconciler.outlook(), this.#obstacle),
      conditions: conditions.map(conditionOf),
    };
  }

  logs(name: string, role: string | undefined, lines: number): Promise<NodeAnswer> {
    return readNodeLog(this.#keeper.list(), this.#hand, { name, role, lines });
  }

  async forget(name: string): Promise<NodeAnswer> {
    const node = this.#keeper.list().nodes.find(({ spec }) => spec.name === name);
    const isOfNobody = node !== undefined && (node.isUnlisted || this.#keeper.ownerOf(node) !== undefined);
    if (node !== undefined && (!isOfNobody || node.end === "kept")) {
      const why = `The control plane's list has node ${name}, so it would come back. Fix: stop or delete it on the control plane.`;
      return { kind: "refused", why: node.end === "kept" ? keptNode(name) : why };
    }
    return await this.#drop(name);
  }

  async purged(name: string): Promise<NodeAnswer> {
    const node = this.#keeper.list().nodes.find(({ spec }) => spec.name === name);
    if (node?.end !== "kept") {
      return { kind: "refused", why: `There is no kept data of a deleted node ${name}.` };
    }
    // The control plane must hear that it is gone before the host forgets it.
    await this.#keeper.end(node.spec.id, "deleted");
    return node.isUnlisted ? await this.#drop(name) : { kind: "done", lines: [] };
  }

  async #drop(name: string): Promise<NodeAnswer> {
    await this.#keeper.drop(name);
    this.#reconciler.wake();
    return { kind: "done", lines: [] };
  }

  async #turn(signal: AbortSignal, syncSoon: () => void): Promise<number> {
    const waitMs = await this.#reconciler.turn(signal);
    this.#noteUnknownUnits();
    const isWanted = this.#isSyncWanted || this.#reporter.hasNews(this.#reported());
    if (isWanted && !this.#isUnsupported && this.#news.admit("news") !== undefined) {
      this.#isSyncWanted = false;
      syncSoon();
    }
    return waitMs;
  }

  /** The control plane waits for what the next sync carries. */
  #wantSync(): void {
    this.#isSyncWanted = true;
    this.#reconciler.wake();
  }

  #reported(): readonly ObservedNode[] {
    const { observed } = this.#reconciler.outlook();
    return this.#reportedNodes.of(this.#keeper.list(), observed);
  }

  #noteSupport(isSupported: boolean): void {
    if (isSupported === !this.#isUnsupported) {
      return;
    }
    this.#isUnsupported = !isSupported;
    this.#deps.say(supportEntry(isSupported));
  }

  #noteUnknownUnits(): void {
    const units = this.#reconciler.outlook().look?.unknownUnits ?? [];
    const text = units.slice(0, 8).join(", ");
    if (text !== "" && text !== this.#saidUnits) {
      this.#deps.say(unknownUnitsEntry(text));
    }
    this.#saidUnits = text;
  }
}
