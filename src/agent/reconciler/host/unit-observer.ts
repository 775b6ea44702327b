import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../../lib/clock.ts";
import { activityOf, type UnitState } from "../decide/unit-state.ts";
import { GroupWatch } from "./group-watch.ts";
import { observeUnits } from "./observe.ts";

type States = ReadonlyMap<string, UnitState>;

/**
 * Where systemd's control groups are: with version 2 (cgroups(7)), with both versions, and with
 * version 1 alone.
 */
const CONTROL_GROUPS = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
/** The memory of a control group: with version 2, and beside the folders above with version 1. */
const MEMORY_FILES = [
  (root: string, group: string) => join(root, group, "memory.current"),
  (root: string, group: string) => join(root, "..", "memory", group, "memory.usage_in_bytes"),
];
/** Whatever the control groups say, systemd is asked this often, ms. */
const ASK_MS = 300_000;

/** Where units are observed. */
export interface ObservedHost {
  /** Where the control groups are. */
  readonly roots?: readonly string[];
  readonly ask?: typeof observeUnits;
}

interface ObserverOptions extends ObservedHost {
  /** Called at once when the last process of a unit that ran has ended, if the kernel tells. */
  readonly onEnd?: () => void;
}

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
  readonly #roots: readonly string[];
  readonly #ask: typeof observeUnits;
  readonly #watch: GroupWatch;
  #known: Known | undefined;

  constructor(
    clock: Clock,
    { onEnd = () => {}, roots = CONTROL_GROUPS, ask = observeUnits }: ObserverOptions = {},
  ) {
    this.#clock = clock;
    this.#roots = roots;
    this.#ask = ask;
    this.#watch = new GroupWatch(onEnd);
  }

  /** Something was asked of a unit: the next look asks systemd. */
  invalidate(): void {
    this.#known = undefined;
  }

  /**
   * Whether these are still the states: systemd was asked for them within the last five minutes,
   * nothing was asked of a unit, and each that runs has the same processes.
   */
  isUnchanged(states: States): boolean {
    const known = this.#known;
    return known?.states === states && this.#clock.now() - known.at < ASK_MS && isSame(known.processes);
  }

  /** How much memory a unit has now, bytes. Without its control group: as systemd said it last. */
  memoryOf({ memoryBytes, controlGroup }: UnitState): number | null {
    if (memoryBytes === null || controlGroup === undefined) {
      return memoryBytes;
    }
    const paths = this.#roots.flatMap((root) => MEMORY_FILES.map((pathOf) => pathOf(root, controlGroup)));
    for (const path of paths) {
      const bytes = amountIn(path);
      if (bytes !== undefined) {
        return bytes;
      }
    }
    return memoryBytes;
  }

  async observe(units: readonly string[], enabled: ReadonlySet<string>): Promise<States | undefined> {
    const key = JSON.stringify([units, [...enabled].sort()]);
    const known = this.#known;
    if (known?.key === key && this.#clock.now() - known.at < ASK_MS && isSame(known.processes)) {
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
    this.#watch.keep(new Set([...(this.#known?.processes.keys() ?? [])].map((path) => dirname(path))));
    return states;
  }

  /** Undefined if the kernel does not show them here. */
  async #processesOf(states: States): Promise<ReadonlyMap<string, string> | undefined> {
    const found = new Map<string, string>();
    for (const state of states.values()) {
      if (activityOf(state) === "up") {
        const file = await this.#fileOf(state);
        if (file === undefined) {
          return undefined;
        }
        found.set(file.path, file.text);
      }
    }
    return found;
  }

  /** The list of a unit's processes; undefined if there is none that names one. */
  async #fileOf({ controlGroup = "/missing" }: UnitState) {
    for (const root of this.#roots) {
      const path = `${root}${controlGroup}/cgroup.procs`;
      const text = await readFile(path, "utf8").catch(() => "");
      if (text !== "") {
        return { path, text };
      }
    }
    return undefined;
  }
}

function isSettled(state: UnitState): boolean {
  const activity = activityOf(state);
  return (activity === "up" || activity === "down") && !state.hasJob;
}

function amountIn(path: string): number | undefined {
  try {
    const text = readFileSync(path, "utf8").trim();
    return /^\d{1,15}$/u.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Waits for each file: the kernel makes its text from memory, in a tenth of the time that a turn of
 * the event loop takes.
 */
function isSame(processes: ReadonlyMap<string, string>): boolean {
  try {
    return [...processes].every(([path, text]) => readFileSync(path, "utf8") === text);
  } catch {
    return false;
  }
}
