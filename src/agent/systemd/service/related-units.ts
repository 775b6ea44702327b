import { showUnits } from "../show-units.ts";
import type { ServiceFacts } from "./service-facts.ts";

/** A unit without which the service does not start. */
export interface NeededUnit {
  readonly unit: string;
  /** The setting that names it: `Requires`. */
  readonly setting: string;
  /** The end of a sentence about it: `has failed`. */
  readonly state: string;
}

/** Other units that keep the service from running. */
export interface RelatedUnits {
  readonly unmet: readonly NeededUnit[];
  /** Units that run, and in whose place systemd stopped the service. */
  readonly rivals: readonly string[];
  /** Units that start now, and after which systemd starts the service. */
  readonly awaited: readonly string[];
}

/** `systemctl show` of other units: the name of a unit → its properties. */
type Shown = ReadonlyMap<string, ReadonlyMap<string, string>>;

type Relations = Pick<
  ServiceFacts,
  "Job" | "Requires" | "Requisite" | "BindsTo" | "Conflicts" | "ConflictedBy" | "After"
>;

/** Asks systemd about the units that the settings of the service name. */
export async function relatedUnits(facts: Relations): Promise<RelatedUnits> {
  const { Job, Requires, Requisite, BindsTo, Conflicts, ConflictedBy, After } = facts;
  const named = [Requires, Requisite, BindsTo, Conflicts, ConflictedBy, Job > 0 ? After : []].flat();
  const shown = named.length === 0 ? undefined : await showUnits([...new Set(named)], PROPERTIES);
  return relatedIn(facts, shown ?? new Map());
}

const PROPERTIES = ["LoadState", "ActiveState", "Job"];
const RUNS: ReadonlySet<string> = new Set(["active", "activating", "reloading"]);

export function relatedIn(facts: Relations, shown: Shown): RelatedUnits {
  const of = (unit: string, property: string) => shown.get(unit)?.get(property) ?? "";
  const unmet = NEEDS.flatMap((setting) =>
    facts[setting].flatMap((unit): readonly NeededUnit[] => {
      const state = obstacle(setting, of(unit, "LoadState"), of(unit, "ActiveState"));
      return state === undefined ? [] : [{ unit, setting, state }];
    }),
  );
  const queued = facts.Job === 0 ? [] : facts.After.filter((unit) => !["", "0"].includes(of(unit, "Job")));
  // The others of the queue wait for these.
  const starting = queued.filter((unit) => of(unit, "ActiveState") === "activating");
  return {
    unmet,
    rivals: [...facts.Conflicts, ...facts.ConflictedBy].filter((unit) => RUNS.has(of(unit, "ActiveState"))),
    awaited: starting.length > 0 ? starting : queued,
  };
}

const NEEDS = ["Requires", "Requisite", "BindsTo"] as const;

/** Why the service cannot start with it: systemd.unit(5). Undefined: it is no obstacle. */
function obstacle(setting: (typeof NEEDS)[number], load: string, active: string): string | undefined {
  switch (load) {
    case "":
      return undefined;
    case "not-found":
      return "does not exist";
    case "masked":
      return "is masked";
    case "loaded":
      // The start of the service starts the others.
      return active === "failed"
        ? "has failed"
        : setting === "Requisite" && !RUNS.has(active)
          ? "does not run"
          : undefined;
    default:
      return "cannot be used";
  }
}
