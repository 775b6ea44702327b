import type { Clock } from "../../lib/clock.ts";
import { WaitList } from "../../lib/wait-list.ts";
import type { Entry } from "../journal/entry.ts";
import { CarryOut, type Failure } from "./carry-out.ts";
import type { NodesAnswer } from "./decide/node-list.ts";
import type { Action } from "./decide/plan.ts";
import { TurnTimes } from "./decide/turn-times.ts";
import type { Hand } from "./host/hand-client.ts";
import type { HostPlaces } from "./host/places.ts";
import { type ObservedHost, UnitObserver } from "./host/unit-observer.ts";
import {
  changeOfBootList,
  freeBytesFor,
  type HostLook,
  lookAtDisk,
  lookAtHost,
  type Outlook,
  type Rest,
  withMemory,
} from "./host-look.ts";
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

/** Nodes that were told to stop together with many others stop this far apart, ms. */
const SLOW_STOP_MS = 60_000;

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
  readonly #turnTimes: TurnTimes;
  readonly #troubles = new Troubles();
  readonly #wakeUps = new WaitList();
  #answer: NodesAnswer | undefined;
  #isWoken = false;
  #slowStopAt = Number.NEGATIVE_INFINITY;
  #outlook: Outlook = { observed: [], look: undefined };
  /** Undefined: the next turn looks at everything. */
  #rest: Rest | undefined;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
    this.#views = new NodeViews(deps.places, deps.programs);
    this.#carryOut = new CarryOut(deps.places, deps.hand, this.#views);
    this.#probing = new Probing(deps.probe, deps.clock, () => this.wake());
    this.#observedNodes = new ObservedNodes(deps.clock);
    this.#turnTimes = new TurnTimes(deps.clock.now());
    const onEnd = () => {
      this.#turnTimes.ended(deps.clock.now());
      this.wake();
    };
    this.#observer = new UnitObserver(deps.clock, { ...deps.units, onEnd });
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
    await programs.refreshIfDue(this.#outlook.observed.some(isWithoutProgram), signal);
    if (this.#rest !== undefined && this.#isUnchanged(this.#rest)) {
      this.#probing.start(this.#rest.look.views, reportIntervalMs, scrapeTimeoutMs, signal);
      await this.#observeAtRest(this.#rest);
      return intervalMs;
    }
    const programsFoundAt = programs.foundAt;
    const look = await this.#look();
    if (look === undefined) {
      this.#observe([], new Map());
      return intervalMs;
    }
    this.#probing.start(look.views, reportIntervalMs, scrapeTimeoutMs, signal);
    const { obstacles, hasActed, isIdle } = await this.#act(look, signal);
    this.#observe(look.views, obstacles, look);
    this.#rest = isIdle ? this.#restAt({ nodes, look, programsFoundAt }) : undefined;
    const { observed } = this.#outlook;
    const turned = { hasActed, isMoving: isMoving(observed, look.views), isWaiting: isWaiting(look.views) };
    return this.#turnTimes.untilNext(clock.now(), intervalMs, turned);
  }

  #isUnchanged({ nodes, programsFoundAt, look: { states, bootListAt } }: Rest): boolean {
    const { keeper, programs, places } = this.#deps;
    return (
      nodes === keeper.list().nodes &&
      programsFoundAt === programs.foundAt &&
      bootListAt === changeOfBootList(places) &&
      this.#observer.isUnchanged(states)
    );
  }

  #restAt(rest: Rest): Rest | undefined {
    const { views } = rest.look;
    return isAtRest(this.#outlook.observed, views, (process) => this.#probing.of(process)) ? rest : undefined;
  }

  /** Only what the processes themselves say may be new. */
  async #observeAtRest(rest: Rest): Promise<void> {
    if (this.#probing.takeNews()) {
      const views = withMemory(rest.look.views, (state) => this.#observer.memoryOf(state));
      const now = { ...rest.look, views, disk: await lookAtDisk(this.#deps.places) };
      this.#observe(now.views, new Map(), now);
      this.#rest = this.#restAt({ ...rest, look: now });
    }
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
    return await lookAtHost(this.#deps.keeper.list().nodes, this.#views, this.#deps.places, this.#observer);
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
