import { printable } from "../../../lib/printable.ts";
import { asRoot, asTyped, forAgent } from "../../../lib/shell-word.ts";
import { mapRemedy, type Remedy, type Step, step, stepsOf } from "../../../lib/text/remedy.ts";
import type { ControlPlaneWords } from "../../systemd/control-plane-words.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";
import type { FailedCommand } from "../../systemd/unit/failed-command.ts";
import { commandText } from "../unit/command-text.ts";
import { culprits, withoutCulprits } from "../unit/culprits.ts";
import { commandFailed, exitText, isOfSystemd, resultText, signalText } from "../unit/exit-text.ts";
import { onlyStart } from "../unit/second-start.ts";
import { listed } from "../unit/setting-list.ts";

export const SERVICE = "novacula-control-plane";
const MAX_LENGTH = 600;

/** How the last start of a control plane of this host went, as systemd sees it. */
export interface LocalStart {
  /** `active`, `inactive`, `failed`, `activating` … */
  readonly active: string;
  /** `success`, `exit-code`, `start-limit-hit` … */
  readonly result: string;
  readonly isMasked: boolean;
  /** Whether its last start failed, and systemd waits before the next one. */
  readonly isRestarting?: boolean;
  /** How often systemd has started it again by itself. */
  readonly restarts?: number;
  /** What it said if its last start failed; undefined: its journal was not read. */
  readonly words?: ControlPlaneWords | undefined;
  /** How its last process ended; status 0: by itself, or it never ran. */
  readonly end?: { readonly isBySignal: boolean; readonly status: number };
  /** What failed before or after its program. */
  readonly command?: FailedCommand | undefined;
  /** The commands that open all that keeps it from the files of its certificate. Empty: nothing. */
  readonly closed?: readonly string[];
  /** What drop-ins of this host add to its unit. */
  readonly changed?: readonly Assignment[];
}

/**
 * What there is to say of a unit that systemd cannot use, as if its program had said it.
 *
 * @param complaint of systemd, a clause
 * @param start the last line that names a program
 */
export function unusableWords(
  complaint: string,
  changed: readonly Assignment[],
  start: Assignment | undefined,
): ControlPlaneWords {
  const reload = asRoot("systemctl daemon-reload");
  const fix = onlyStart(complaint, start, SERVICE, reload);
  const after = changed.length === 0 ? "" : `, after this host changed its unit: ${listed(changed)}`;
  return {
    kind: "said",
    why: `systemd cannot use its unit: ${complaint}${after}`,
    remedy: [fix ?? step("Correct what was changed in the unit, or take it out. Then run:", reload)],
  };
}

/** Why the control plane of this host does not run, if that is known: mostly its own words. */
export function startCause(local: LocalStart): string | undefined {
  const { active, words, isMasked, restarts = 0, changed = [] } = local;
  const said = words?.kind === "said" ? printable(words.why, MAX_LENGTH) : endOf(local);
  if (isMasked || said === undefined) {
    return undefined;
  }
  const after = isOfUnit(local)
    ? `, after this host changed its unit: ${listed(culprits(said, changed))}`
    : "";
  const state =
    active === "failed"
      ? "did not start"
      : `fails at each start${restarts === 0 ? "" : ` (${restarts + 1} so far)`}`;
  return `the control plane of this host ${state}: ${said}${after}`;
}

/** How systemd saw it end, a clause; undefined: that says nothing about the cause. */
function endOf({ active, end, result, command, changed = [] }: LocalStart): string | undefined {
  if (active !== "failed" && active !== "activating") {
    return undefined;
  }
  if (command !== undefined) {
    return commandText(command, result);
  }
  if (end === undefined) {
    return undefined;
  }
  if (OTHER_ENDS.has(result)) {
    return resultText(result, changed);
  }
  if (end.isBySignal) {
    return signalText(end.status, changed);
  }
  if (result === "exit-code" && end.status === 0) {
    // After a reload, systemd has forgotten which one.
    return commandFailed("its program");
  }
  return isOfSystemd(end.status) ? exitText(end.status, "it", `/var/lib/${SERVICE}`) : undefined;
}

/** Who sent the signal that a process ended with, or upon which it ended by itself. */
const OTHER_ENDS: ReadonlySet<string> = new Set(["timeout", "watchdog", "oom-kill"]);

/** Whether it failed as settings of a unit can make it fail, and this host has changed some. */
function isOfUnit(local: LocalStart): boolean {
  const { words } = local;
  const isOwn = words?.kind === "said" && words.remedy !== undefined;
  return suspectsOf(local).length > 0 && !isOwn && endOf(local) !== undefined;
}

function suspectsOf({ words, changed = [] }: LocalStart): readonly Assignment[] {
  const isProgram = words?.kind === "said" && NOT_EXECUTED.test(words.why);
  return isProgram ? changed.filter(({ name }) => name === "ExecStart") : changed;
}

/** A control plane of this host that has failed, as every user may know; undefined: it has not. */
export function failedStart(
  local: LocalStart,
): { readonly detail: string; readonly remedy: Remedy } | undefined {
  const detail =
    startCause(local) ?? `the control plane of this host has failed (${printable(local.result, 40)})`;
  return local.active === "failed" && !local.isMasked ? { detail, remedy: startRemedy(local) } : undefined;
}

/** Whether its starts fail; while the first one goes on, nobody can tell. */
export function isFailing({ active, isMasked, isRestarting = false, restarts = 0 }: LocalStart): boolean {
  const isRepeated = active === "activating" && (isRestarting || restarts > 0);
  return !isMasked && (active === "failed" || isRepeated);
}

/** What to do about a control plane of this host that has failed, or is being started. */
export function startRemedy(local: LocalStart): Remedy {
  const { active, isRestarting = false, restarts = 0, result, words, closed = [] } = local;
  const isFailing = active === "failed" || isRestarting || restarts > 0;
  if (!isFailing) {
    return [
      step("The control plane of this host is still starting. Run doctor again in half a minute."),
      step("To see what it does, run:", asRoot(`journalctl -u ${SERVICE} -n 30`)),
    ];
  }
  // systemd starts it again by itself, but a moment later.
  const start = active === "failed" ? "start" : "restart";
  const again = [asRoot(`systemctl reset-failed ${SERVICE}`), asRoot(`systemctl ${start} ${SERVICE}`)];
  if (isOfUnit(local)) {
    return withoutCulprits({
      cause: endOf(local) ?? "",
      changed: suspectsOf(local),
      unit: SERVICE,
      start: [asRoot("systemctl daemon-reload"), ...again],
      why: step("To see why, run:", asRoot(`journalctl -u ${SERVICE} -n 30`)),
    });
  }
  if (words?.kind === "said" && closed.length > 0 && words.why.includes("cannot read TLS_")) {
    return [step("Let its user read both files. Run:", ...closed.map(asRoot), ...again)];
  }
  if (words?.kind === "said") {
    const own = words.remedy && mapRemedy(words.remedy, (text) => printable(asTyped(text), MAX_LENGTH));
    if (own === undefined && NOT_EXECUTED.test(words.why)) {
      return damaged(again);
    }
    return own === undefined ? [step("Correct that, then run:", ...again)] : endingWith(stepsOf(own), again);
  }
  const why =
    active !== "failed"
      ? `fails at each start${restarts === 0 ? "" : `, ${restarts + 1} times so far`}`
      : result === "start-limit-hit"
        ? "failed at too many starts in a row"
        : `has failed: ${printable(result, 40)}`;
  return words?.kind === "denied"
    ? [
        step(
          `The control plane of this host ${why}. Its journal, which says why, is not open to this user. Run:`,
          forAgent("doctor"),
        ),
      ]
    : [
        step(
          `The control plane of this host ${why}. To see why, run:`,
          asRoot(`journalctl -u ${SERVICE} -n 30`),
        ),
        step("Then run:", ...again),
      ];
}

/** systemd's own words for 203/EXEC. */
const NOT_EXECUTED = /\bat step EXEC spawning \/usr\/bin\/novacula-control-plane:/u;

function damaged(again: readonly string[]): Remedy {
  return [
    step("Its program is damaged or missing. To see which files are, run:", `dpkg --verify ${SERVICE}`),
    step("Install the package again:", asRoot(`apt install --reinstall ${SERVICE}`)),
    step(
      'If apt finds no archive, see "If the program itself does not start" in /usr/share/doc/novacula-control-plane/service.md. Then run:',
      ...again,
    ),
  ];
}

/** Some of its remedies end with a restart, which is refused once there were too many. */
function endingWith(steps: readonly Step[], start: readonly string[]): readonly Step[] {
  const last = steps.at(-1);
  return last?.run !== undefined && RESTART.test(last.run)
    ? [...steps.slice(0, -1), step(last.say, ...start)]
    : [
        ...steps,
        step(last !== undefined && LOOK.test(last.say) ? "Once that is done, run:" : "Then run:", ...start),
      ];
}

/** Its command only shows what to do. */
const LOOK = /\bTo see\b/u;

const RESTART = new RegExp(`^(?:sudo )?systemctl (?:re)?start ${SERVICE}$`, "u");
