import { readFile } from "node:fs/promises";
import type { Clock } from "../../../lib/clock.ts";
import { activityOf, type UnitState } from "../decide/unit-state.ts";
import { observeUnits } from "./observe.ts";

type States = ReadonlyMap<string, UnitState>;

/** Where the kernel shows control groups (cgroups(7), version 2). */
const CONTROL_GROUPS = "/sys/fs/cgroup";
/** Whatever the control groups say, systemd is asked this often, ms. */
const ASK_MS = 60_000;

interface Known {
  readonly key: string;
  readonly at: number;
  readonly states: States;
  /** The processes of each unit that runs, by the file that lists them. */
  readonly processes: ReadonlyMap<string, string>;
}

/**
 * Observes units cheaply. `systemctl` takes several times what the agent needs at rest, so it is
 * not asked while nothing starts or stops and every unit still has the same processes.
 */
export class UnitObserver {
  readonly #clock: Clock;
  readonly #root: string;
  readonly #ask: typeof observeUnits;
  #known: Known | undefined;

  constructor(clock: Clock, root = CONTROL_GROUPS, ask = observeUnits) {
    this.#clock = clock;
    this.#root = root;
    this.#ask = ask;
  }

  /** Something was asked of a unit: the next look asks systemd. */
  invalidate(): void {
    this.#known = undefined;
  }

  async observe(units: readonly string[], enabled: ReadonlySet<string>): Promise<States | undefined> {
    const key = JSON.stringify([units, [...enabled].sort()]);
    const known = this.#known;
    if (known?.key === key && this.#clock.now() - known.at < ASK_MS && (await isSame(known.processes))) {
      return known.states;
    }
    const states = await this.#ask(units, enabled);
    this.#known = undefined;
    if (states !== undefined && [...states.values()].every(isSettled)) {
      const processes = await this.#processesOf(states);
      if (processes !== undefined) {
        this.#known = { key, at: this.#clock.now(), states, processes };
      }
    }
    return states;
  }

  /** Undefined if the kernel does not show them here. */
  async #processesOf(states: States): Promise<ReadonlyMap<string, string> | undefined> {
    const found = new Map<string, string>();
    for (const state of states.values()) {
      if (activityOf(state) === "up") {
        const path = `${this.#root}${state.controlGroup ?? "/missing"}/cgroup.procs`;
        const text = await readFile(path, "utf8").catch(() => "");
        if (text === "") {
          return undefined;
        }
        found.set(path, text);
      }
    }
    return found;
  }
}

function isSettled(state: UnitState): boolean {
  const activity = activityOf(state);
  return (activity === "up" || activity === "down") && !state.hasJob;
}

async function isSame(processes: ReadonlyMap<string, string>): Promise<boolean> {
  for (const [path, text] of processes) {
    if ((await readFile(path, "utf8").catch(() => undefined)) !== text) {
      return false;
    }
  }
  return true;
}
