import type { Clock } from "../../lib/clock.ts";
import { WaitList } from "../../lib/wait-list.ts";
import type { ObservedNode } from "../../protocol/nodes/observed-node.ts";
import type { Entry } from "../journal/entry.ts";
import { CarryOut, type Failure } from "./carry-out.ts";
import type { NodesAnswer } from "./decide/node-list.ts";
import type { Action } from "./decide/plan.ts";
import type { Hand } from "./host/hand-client.ts";
import type { HostPlaces } from "./host/places.ts";
import { type ObservedHost, UnitObserver } from "./host/unit-observer.ts";
import { freeBytesFor, type HostLook, lookAtDisk, lookAtHost, type Observe, type Rest } from "./host-look.ts";
import type { ListKeeper } from "./list-keeper.ts";
import { actionEntry } from "./narrate-nodes.ts";
import { type NodeView, NodeViews } from "./node-view.ts";
import { ObservedNodes } from "./observed-nodes.ts";
import { isAtRest, isMoving, isUp, isWaiting, isWithoutProgram, planForHost } from "./plan-for-host.ts";
import { type Probe, Probing } from "./probing.ts";
import type { Programs } from "./render/programs.ts";
import { Troubles } from "./troubles.ts";

/** `[reconciler]` and `[reporter]`, ms. */
export interface ReconcilerSettings {
  readonly intervalMs: number;
  readonly reportIntervalMs: number;
  readonly scrapeTimeoutMs: number;
}

export interface ReconcilerDeps {
  readonly places: HostPlaces;
  readonly hand: Hand;
  /** Where units are observed. Undefined: on this host. */
  readonly units: ObservedHost | undefined;
  readonly probe: Probe;
  readonly programs: Programs;
  readonly keeper: ListKeeper;
  readonly clock: Clock;
  readonly say: (entry: Entry) => void;
  readonly settings: () => ReconcilerSettings;
  /** Why this agent cannot manage nodes, as a sentence; undefined: it can. */
  readonly obstacle: string | undefined;
}

/** What one turn has seen. */
export interface Outlook {
  readonly observed: readonly ObservedNode[];
  readonly look: HostLook | undefined;
}

/** Nodes that were told to stop together with many others stop this far apart, ms. */
const SLOW_STOP_MS = 60_000;
/** The next turn while something starts or stops, ms, for a while after it was asked for. */
const SOON_MS = 500;
const SOON_FOR_MS = 20_000;
/** After a process has ended: for 2 s systemd says how, and at first it may not know yet, ms. */
const END_FOR_MS = 2500;
/** The longest until the next turn while systemd waits before it starts a process again, ms. */
const WAITING_MS = 5000;

/**
 * Compares desired with observed, turn after turn, and does what the plan says. Each node fails by
 * itself: what goes wrong with one is reported for it, and the others go on.
 */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #views: NodeViews;
  readonly #carryOut: CarryOut;
  readonly #probing: Probing;
  readonly #observedNodes: ObservedNodes;
  readonly #observer: UnitObserver;
  readonly #troubles = new Troubles();
  readonly #wakeUps = new WaitList();
  #answer: NodesAnswer | undefined;
  #isWoken = false;
  #slowStopAt = Number.NEGATIVE_INFINITY;
  #soonUntil: number;
  #endsUntil = Number.NEGATIVE_INFINITY;
  #outlook: Outlook = { observed: [], look: undefined };
  /** Undefined: the next turn looks at everything. */
  #rest: Rest | undefined;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
    this.#views = new NodeViews(deps.places, deps.programs);
    this.#carryOut = new CarryOut(deps.places, deps.hand, this.#views);
    this.#probing = new Probing(deps.probe, deps.clock, () => this.wake());
    this.#observedNodes = new ObservedNodes(deps.clock);
    this.#observer = new UnitObserver(deps.clock, { ...deps.units, onEnd: () => this.#ended() });
    this.#soonUntil = deps.clock.now() + SOON_FOR_MS;
  }

  outlook(): Outlook {
    return this.#outlook;
  }

  /** The answer of an accepted sync. Only the last one counts; the next turn applies it. */
  answered(answer: NodesAnswer): void {
    if (answer.reply.list !== null) {
      this.#answer = answer;
      this.wake();
    } else {
      this.#answer ??= answer;
    }
  }

  wake(): void {
    this.#isWoken = true;
    this.#wakeUps.wake();
  }

  /** Waits for the next turn: its time, or a reason to turn at once. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isWoken) {
      await this.#wakeUps.wait(ms, signal);
    }
    this.#isWoken = false;
  }

  /** One turn. Resolves with the time until the next one, ms. */
  async turn(signal: AbortSignal): Promise<number> {
    const { keeper, programs, settings, clock } = this.#deps;
    await this.#accept();
    await keeper.retry();
    const { nodes } = keeper.list();
    if (nodes.length === 0) {
      this.#outlook = { observed: [], look: await this.#look() };
      return Number.POSITIVE_INFINITY;
    }
    const { intervalMs, reportIntervalMs, scrapeTimeoutMs } = settings();
    if (this.#rest?.nodes === nodes && this.#observer.isUnchanged(this.#rest.look.states)) {
      const { look } = this.#rest;
      this.#probing.start(look.views, reportIntervalMs, scrapeTimeoutMs, signal);
      await this.#observeAtRest({ nodes, look });
      return intervalMs;
    }
    await programs.refreshIfDue(this.#outlook.observed.some(isWithoutProgram), signal);
    const look = await this.#look();
    if (look === undefined) {
      this.#observe([], new Map());
      return intervalMs;
    }
    this.#probing.start(look.views, reportIntervalMs, scrapeTimeoutMs, signal);
    const { obstacles, hasActed, isIdle } = await this.#act(look, signal);
    this.#observe(look.views, obstacles, look);
    this.#rest = isIdle && this.#isAtRest(look) ? { nodes, look } : undefined;
    const now = clock.now();
    this.#soonUntil = hasActed ? now + SOON_FOR_MS : this.#soonUntil;
    const isSoon = now < this.#soonUntil && (hasActed || isMoving(this.#outlook.observed, look.views));
    const most = isWaiting(look.views) ? Math.min(WAITING_MS, intervalMs) : intervalMs;
    return isSoon || now < this.#endsUntil ? Math.min(SOON_MS, most) : most;
  }

  #isAtRest({ views }: HostLook): boolean {
    return isAtRest(this.#outlook.observed, views, (process) => this.#probing.of(process));
  }

  /** Only what the processes themselves say may be new. */
  async #observeAtRest({ nodes, look }: Rest): Promise<void> {
    if (this.#probing.takeNews()) {
      const now = { ...look, disk: await lookAtDisk(this.#deps.places) };
      this.#observe(now.views, new Map(), now);
      this.#rest = this.#isAtRest(now) ? { nodes, look: now } : undefined;
    }
  }

  #ended(): void {
    this.#endsUntil = this.#deps.clock.now() + END_FOR_MS;
    this.wake();
  }

  async #accept(): Promise<void> {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer !== undefined) {
      const running = this.#outlook.look?.views.filter(isUp).map(({ held }) => held.spec.name) ?? [];
      await this.#deps.keeper.accept(answer, new Set(running));
    }
  }

  async #look(): Promise<HostLook | undefined> {
    const { keeper, places } = this.#deps;
    const observe: Observe = (units, enabled) => this.#observer.observe(units, enabled);
    return await lookAtHost(keeper.list().nodes, this.#views, places, observe);
  }

  /** Does what the plan says, one action after the other. */
  async #act(look: HostLook, signal: AbortSignal) {
    const { obstacle, keeper } = this.#deps;
    const obstacles = new Map<string, Failure>();
    let hasActed = false;
    const mayAct = obstacle === undefined && !keeper.isObserveOnly();
    const maySlowStop = this.#deps.clock.now() - this.#slowStopAt >= SLOW_STOP_MS;
    const actions = planForHost(look, maySlowStop);
    this.#carryOut.keepOnly(actions);
    for (const action of actions) {
      const view = look.views.find(({ held }) => held.spec.name === action.node);
      if (view === undefined || signal.aborted) {
        continue;
      }
      if (action.kind === "report") {
        obstacles.set(action.unit, action);
        continue;
      }
      const failure = mayAct
        ? await this.#do(action, view)
        : { problem: "hand_unavailable" as const, reason: obstacle ?? "" };
      if (failure === undefined) {
        hasActed = true;
      } else if (mayAct || obstacle !== undefined) {
        obstacles.set(action.unit, failure);
      }
    }
    return { obstacles, hasActed, isIdle: actions.length === 0 };
  }

  async #do(action: Action, view: NodeView): Promise<Failure | undefined> {
    const { clock, say, keeper } = this.#deps;
    this.#observer.invalidate();
    const failure = await this.#carryOut.do(action, view, clock.now());
    if (failure !== undefined) {
      return failure;
    }
    if (action.kind === "stop" && view.held.isSlow) {
      this.#slowStopAt = clock.now();
    }
    if (action.kind === "delete" || action.kind === "keep") {
      await keeper.end(view.held.spec.id, action.kind === "delete" ? "deleted" : "kept");
      await this.#carryOut.removeFolder(action.node);
    }
    const entry = actionEntry(action, view);
    if (entry !== undefined) {
      say(entry);
    }
    return undefined;
  }

  #observe(views: readonly NodeView[], obstacles: ReadonlyMap<string, Failure>, look?: HostLook): void {
    const { clock, say, keeper } = this.#deps;
    const observed = this.#observedNodes.ofAll(views, keeper.list().nodes, (view) => ({
      readingOf: (process) => this.#probing.of(process),
      obstacleOf: (unit) => obstacles.get(unit),
      diskFreeBytes: freeBytesFor(view, look),
    }));
    this.#outlook = { observed, look };
    for (const entry of this.#troubles.note(observed, clock.now())) {
      say(entry);
    }
  }
}
