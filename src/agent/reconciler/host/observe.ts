import { readdir } from "node:fs/promises";
import * as z from "zod";
import { showUnits } from "../../systemd/show-units.ts";
import { downUnit, type UnitState } from "../decide/unit-state.ts";

const PROPERTIES = [
  "LoadState",
  "ActiveState",
  "SubState",
  "Result",
  "NRestarts",
  "InvocationID",
  "ExecMainStartTimestampMonotonic",
  "ExecMainCode",
  "ExecMainStatus",
  "MemoryCurrent",
  "ConditionResult",
  "ConditionTimestampMonotonic",
  "Job",
  "NeedDaemonReload",
  "ControlGroup",
  "FragmentPath",
] as const;

/** Above this, systemd means that it does not know: 2^64 - 1. */
const MOST_BYTES = Number.MAX_SAFE_INTEGER;
const word = z.string().regex(/^[a-z][a-z-]{0,40}$/u);
const digits = z
  .string()
  .regex(/^\d{1,20}$/u)
  .transform(Number);

const schema = z.object({
  LoadState: word,
  ActiveState: word,
  SubState: word,
  Result: word.catch("success"),
  NRestarts: digits.catch(0),
  InvocationID: z
    .string()
    .regex(/^[0-9a-f]{32}$/u)
    .optional()
    .catch(undefined),
  ExecMainStartTimestampMonotonic: digits.catch(0),
  ExecMainCode: digits.catch(0),
  ExecMainStatus: digits.catch(0),
  MemoryCurrent: digits.catch(Number.POSITIVE_INFINITY),
  ConditionResult: z.enum(["yes", "no"]).catch("yes"),
  ConditionTimestampMonotonic: digits.catch(0),
  Job: digits.catch(0),
  NeedDaemonReload: z.enum(["yes", "no"]).catch("no"),
  /** Without parts that lead upwards. */
  ControlGroup: z
    .string()
    .regex(/^(?:\/[\w@.:\\-]{1,255}){1,16}$/u)
    .refine((path) => !path.split("/").includes(".."))
    .optional()
    .catch(undefined),
  FragmentPath: z
    .string()
    .regex(/^\/[\x21-\x7e]{1,1000}$/u)
    .optional()
    .catch(undefined),
});

/** CLD_EXITED, CLD_KILLED and CLD_DUMPED of waitid(2). */
const EXITS = new Map([
  [1, "exited"],
  [2, "killed"],
  [3, "dumped"],
]);

/**
 * What systemd says of `units`, by their names, with one child process for all of them. Undefined
 * if it does not answer.
 */
export async function observeUnits(
  units: readonly string[],
  enabled: ReadonlySet<string>,
): Promise<ReadonlyMap<string, UnitState> | undefined> {
  const shown = units.length === 0 ? new Map() : await showUnits(units, PROPERTIES);
  if (shown === undefined) {
    return undefined;
  }
  const states = units.map((unit) => {
    const state = readUnit(unit, shown.get(unit) ?? new Map());
    return [unit, { ...state, isEnabled: enabled.has(unit) }] as const;
  });
  return new Map(states);
}

/** One unit's properties, as `systemctl show` prints them. */
export function readUnit(unit: string, values: ReadonlyMap<string, string>): UnitState {
  const decoded = schema.safeParse(Object.fromEntries(values)).data;
  if (decoded === undefined) {
    return downUnit(unit);
  }
  const how = EXITS.get(decoded.ExecMainCode);
  const startedAt = decoded.ExecMainStartTimestampMonotonic;
  return {
    unit,
    loadState: decoded.LoadState,
    activeState: decoded.ActiveState,
    subState: decoded.SubState,
    result: decoded.Result,
    isEnabled: false,
    restarts: decoded.NRestarts,
    invocationId: decoded.InvocationID,
    startedAtMs: startedAt === 0 ? undefined : startedAt / 1000,
    exit: how === undefined ? undefined : { how, status: decoded.ExecMainStatus },
    memoryBytes: decoded.MemoryCurrent <= MOST_BYTES ? decoded.MemoryCurrent : null,
    isConditionMet: decoded.ConditionResult === "yes" || decoded.ConditionTimestampMonotonic === 0,
    hasJob: decoded.Job > 0,
    needsDaemonReload: decoded.NeedDaemonReload === "yes",
    templatePath: decoded.FragmentPath,
    controlGroup: decoded.ControlGroup,
  };
}

/** The units that start at boot: systemd keeps a link for each. None if there is no such folder. */
export async function enabledUnits(wantsDir: string): Promise<ReadonlySet<string>> {
  const names = await readdir(wantsDir).catch(() => []);
  return new Set(names.filter((name) => /^[a-z0-9-]+@[a-z0-9-]+\.service$/u.test(name)));
}
