import { printable } from "../../lib/printable.ts";
import { forAgent, withSudo } from "../../lib/shell-word.ts";
import type { NodeProblem } from "../../protocol/nodes/observed-node.ts";
import type { Action } from "./decide/plan.ts";
import { withProcess } from "./host/applied.ts";
import type { Hand, HandAnswer } from "./host/hand-client.ts";
import { makeNodeFolder, removeNodeFolder, writeProcessFiles } from "./host/node-folder.ts";
import type { HostPlaces } from "./host/places.ts";
import type { NodeView, NodeViews, ProcessView } from "./node-view.ts";
import { folderProblem, writtenOf } from "./process-facts.ts";

/** Why an action was not carried out. It is tried again. */
export interface Failure {
  readonly problem: NodeProblem;
  readonly reason: string;
}

interface Tried extends Failure {
  readonly failures: number;
  /** Monotonic, ms. */
  readonly nextAt: number;
}

const FIRST_RETRY_MS = 5000;
const LAST_RETRY_MS = 300_000;
/** The hand counts deletions for an hour. */
const HELD_BACK_MS = 600_000;

/** Carries out the actions of a plan, and remembers which have failed. */
export class CarryOut {
  readonly #places: HostPlaces;
  readonly #hand: Hand;
  readonly #views: NodeViews;
  readonly #failed = new Map<string, Tried>();

  constructor(places: HostPlaces, hand: Hand, views: NodeViews) {
    this.#places = places;
    this.#hand = hand;
    this.#views = views;
  }

  /** Forgets failures of actions that are no longer planned. */
  keepOnly(actions: readonly Action[]): void {
    const keys = new Set(actions.map(keyOf));
    for (const key of this.#failed.keys()) {
      if (!keys.has(key)) {
        this.#failed.delete(key);
      }
    }
  }

  /** Undefined once it is done; else why not. Tries again at growing distances. */
  async do(action: Action, view: NodeView, now: number): Promise<Failure | undefined> {
    const key = keyOf(action);
    const before = this.#failed.get(key);
    if (before !== undefined && now < before.nextAt) {
      return before;
    }
    const failure = await this.#try(action, view);
    if (failure === undefined) {
      this.#failed.delete(key);
      return undefined;
    }
    const failures = (before?.failures ?? 0) + 1;
    const waitMs =
      failure.problem === "deletion_held_back"
        ? HELD_BACK_MS
        : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
    this.#failed.set(key, { ...failure, failures, nextAt: now + waitMs });
    return failure;
  }

  /** When a failed action is due again, monotonic ms; undefined: none has failed. */
  nextAt(): number | undefined {
    const times = [...this.#failed.values()].map(({ nextAt }) => nextAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async #try(action: Action, view: NodeView): Promise<Failure | undefined> {
    const process = view.processes.find(({ role }) => role === action.role);
    if (process === undefined) {
      return undefined;
    }
    try {
      switch (action.kind) {
        case "write":
          await this.#write(process, view);
          return undefined;
        case "run":
        case "restart":
          await this.#write(process, view);
          return failureOf(await this.#hand.ask(`${action.kind} ${action.unit}`));
        case "stop":
          return failureOf(await this.#hand.ask(`stop ${action.unit}`));
        case "limit":
          return await this.#limit(process, view);
        case "delete":
          return failureOf(await this.#hand.ask(`delete ${action.unit} data=${action.node}`));
        default:
          return undefined;
      }
    } catch (error) {
      return folderProblem(error, view.folder);
    }
  }

  /** The folder of a node whose data is deleted or kept. A failure leaves files without a use. */
  async removeFolder(name: string): Promise<void> {
    this.#views.forget(name);
    await removeNodeFolder(this.#places.nodesDir, name).catch(() => undefined);
  }

  async #write({ files, role, version }: ProcessView, view: NodeView): Promise<void> {
    if (files === undefined) {
      return;
    }
    const { held } = view;
    const folder = await makeNodeFolder(this.#places.nodesDir, held.spec.name);
    await writeProcessFiles(folder, files);
    const written = writtenOf(files, version, held.spec);
    await this.#remember(view, role, { written });
  }

  async #limit({ role, unit, limits }: ProcessView, view: NodeView): Promise<Failure | undefined> {
    const given = limits === "" ? "MemoryHigh=none MemoryMax=none CPUQuota=none" : limits;
    const failure = failureOf(await this.#hand.ask(`limit ${unit} ${given}`));
    if (failure === undefined) {
      await this.#remember(view, role, { limits });
    }
    return failure;
  }

  async #remember(view: NodeView, role: string, changes: Parameters<typeof withProcess>[2]): Promise<void> {
    const { held } = view;
    await this.#views.remember(held, withProcess(this.#views.appliedOf(view), role, changes));
  }
}

function keyOf({ kind, unit }: Action): string {
  return `${kind} ${unit}`;
}

function failureOf(answer: HandAnswer): Failure | undefined {
  if (answer.kind === "ok") {
    return undefined;
  }
  if (answer.kind === "refused" && /\bdeletions within an hour\b/u.test(answer.why)) {
    const reason = `The data is deleted later: ${answer.why}.`;
    return { problem: "deletion_held_back", reason: printable(reason, 300) };
  }
  const verb = answer.kind === "refused" ? "refuses" : "does not answer";
  const reason = `The root helper ${verb}: ${answer.why}. Fix: run ${forAgent("doctor", withSudo)}.`;
  return { problem: "hand_unavailable", reason: printable(reason, 300) };
}
