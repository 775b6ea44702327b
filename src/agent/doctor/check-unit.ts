import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { type Remedy, step, stepsOf } from "../../lib/text/remedy.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import { changesText, NEWER_UNIT } from "./check-changes.ts";
import type { Check } from "./examination.ts";
import { otherUnitCause } from "./other-units.ts";
import { causeOf, isEnabled, type StartFacts, startAgain, startCommand } from "./start-failure.ts";
import { withoutCulprits } from "./unit/culprits.ts";
import { onlyStart } from "./unit/second-start.ts";
import { commentsIn } from "./unit/setting-comment.ts";
import { sharedUser } from "./unit/shared-user.ts";
import { takingOut } from "./unit/taken-out.ts";
import { copyIn, withoutCopy } from "./unit/unit-copy.ts";

const UNIT = "novacula-agent";
const RELOAD = () => asRoot("systemctl daemon-reload");
const RESTART = () => asRoot("novacula-agent restart");
const WHY = () => step("To see why, run:", asRoot("journalctl -u novacula-agent -n 30"));

/** Whether the service can start, runs, and starts at boot. Undefined: systemd does not answer. */
export function checkUnit(
  facts: ServiceFacts | undefined,
  changed: readonly Assignment[] = [],
  now?: StartFacts,
): readonly Check[] {
  if (facts === undefined) {
    return [{ stage: "unit", status: "unknown", detail: "systemd does not answer on this host" }];
  }
  switch (facts.LoadState) {
    case "not-found":
    case "":
      return [
        warning("the service is not installed", [
          step("Install the package, or run:", asRoot("novacula-agent install")),
        ]),
      ];
    case "masked":
      return [masked(facts)];
    case "loaded": {
      const state = activity(facts, changed, now);
      return [state, ...nobody(facts, changed), ...upkeep(facts, state)];
    }
    default:
      return [unusable(facts, changed, now)];
  }
}

function nobody({ User }: ServiceFacts, changed: readonly Assignment[]): readonly Check[] {
  const found = sharedUser(User, changed);
  return found === undefined ? [] : [warning(found.detail, found.remedy)];
}

/** systemd has read the unit and refuses it, or could not read it. */
function unusable(facts: ServiceFacts, changed: readonly Assignment[], now?: StartFacts): Check {
  const complaint = now?.complaint;
  const state = `systemd cannot use its unit (${printable(facts.LoadState, 40)})`;
  const copy = copyIn(changed);
  if (copy !== undefined) {
    const why = complaint === undefined ? "" : `: ${complaint}`;
    return bad(`${state}${why}${changesText(changed)}`, [withoutCopy(copy)]);
  }
  if (complaint === undefined) {
    return bad(`${state}: a line in ${unitFiles(facts)} is wrong`, [
      step("To see which line, run:", asRoot("systemd-analyze verify novacula-agent.service")),
    ]);
  }
  const what = changed.length > 0 ? "what was changed, or take it out" : `that in ${unitFiles(facts)}`;
  const fix = onlyStart(complaint, now?.start, UNIT, RELOAD(), RESTART());
  return bad(`${state}: ${complaint}${changesText(changed)}`, [
    fix ?? step(`Correct ${what}. Then run:`, RELOAD(), RESTART()),
  ]);
}

function masked({ UnitFileState, ActiveState }: ServiceFacts): Check {
  const unmask = UnitFileState === "masked-runtime" ? "unmask --runtime" : "unmask";
  const effect = ActiveState === "active" ? "it runs, but cannot be started again" : "it cannot be started";
  return bad(`the service is masked, so ${effect}`, [
    step(
      "Run:",
      asRoot(`systemctl ${unmask} novacula-agent`),
      asRoot("systemctl enable --now novacula-agent"),
    ),
  ]);
}

function activity(facts: ServiceFacts, changed: readonly Assignment[], now?: StartFacts): Check {
  const { ActiveState, SubState, Result, NRestarts } = facts;
  if (ActiveState === "active" || ActiveState === "reloading") {
    return { stage: "unit", status: "ok", detail: "the service runs" };
  }
  const { cause, remedy: ofCause } = causeOf(facts, changed, now);
  const changes = changesText(changed);
  const comments = commentsIn(changed, startAgain());
  const why = cause === "" ? "" : `: ${cause}${changes}${comments?.hint ?? ""}`;
  const copy = copyIn(changed);
  const start = ActiveState === "failed" ? startAgain() : [RESTART()];
  const again = ActiveState === "failed" ? [step("Once it is fixed, run:", ...start)] : [];
  const without =
    copy !== undefined
      ? [withoutCopy(copy), WHY(), ...again]
      : changes === ""
        ? [WHY(), ...again]
        : withoutCulprits({ cause, changed, unit: UNIT, start: [RELOAD(), ...start], why: WHY() });
  const usual = ofCause ?? (cause === "" ? undefined : comments?.remedy);
  const remedy = cause !== "" && copy !== undefined ? [withoutCopy(copy), WHY()] : usual;
  if (ActiveState === "failed") {
    const isOften = Result === "start-limit-hit";
    const limit = isOften
      ? ", so systemd does not start it any more"
      : NRestarts > 0
        ? ". It was started too often, so systemd does not start it any more"
        : "";
    return ended(`the service has failed${why}${limit}`, remedy ?? without, changes);
  }
  if (ActiveState === "activating" && SubState === "auto-restart") {
    return ended(
      `the service ${NRestarts === 0 ? "has ended, and systemd starts it again" : `ends again and again (${times(NRestarts)})`}${why}`,
      remedy ?? without,
      why === "" ? "" : changes,
    );
  }
  if (ActiveState === "activating" && NRestarts === 0) {
    return bad("the service is still starting", [step("Wait half a minute, then run doctor again."), WHY()]);
  }
  if (ActiveState === "activating" || (ActiveState === "deactivating" && NRestarts > 0)) {
    const detail = `the service starts and ends again and again (${times(NRestarts)})${changes}`;
    return ended(detail, without, changes);
  }
  const other = now?.related && otherUnitCause(now.related, changed, startCommand(facts));
  return other === undefined
    ? atRest(facts, changed, why === "" ? changes : why, remedy)
    : bad(`${atRestText(facts)}: ${other.cause}`, other.remedy);
}

function ended(detail: string, remedy: Remedy, changes: string): Check {
  return { ...bad(detail, remedy), isOfOwnLine: changes !== "" };
}

function times(restarts: number): string {
  return restarts === 1 ? "1 restart" : `${restarts} restarts`;
}

/** A service that was stopped, or never started: `why` explains it as far as it is known. */
function atRest(
  facts: ServiceFacts,
  changed: readonly Assignment[],
  why: string,
  remedy: Remedy | undefined,
): Check {
  const { ConditionResult, ConditionTimestampMonotonic } = facts;
  const state = atRestText(facts);
  const start = startCommand(facts);
  if (facts.RefuseManualStart) {
    return bad(state, "What is bad above comes first (RefuseManualStart=).");
  }
  if (!ConditionResult && ConditionTimestampMonotonic > 0) {
    return bad(
      `${state}: systemd did not start it, because a condition of its unit (Condition…=) was not met${why}`,
      [step("Meet that condition, or take it out of the unit and run:", RELOAD()), step("Then run:", start)],
    );
  }
  return bad(
    `${state}${why}`,
    remedy ?? [
      step("Run:", start),
      ...(why === ""
        ? []
        : [takingOut("If that fails, take out what was changed", changed, UNIT, RELOAD(), start)]),
    ],
  );
}

function atRestText(facts: ServiceFacts): string {
  return `the service is ${printable(facts.ActiveState, 40)}${isEnabled(facts) ? "" : " and disabled"}`;
}

function upkeep(facts: ServiceFacts, state: Check): readonly Check[] {
  const { NeedDaemonReload, UnitFileState } = facts;
  // Of a service that is not enabled, its start enables it.
  const enables = stepsOf(state.remedy ?? []).some(({ run = "" }) => run.includes(startCommand(facts)));
  return [
    ...(NeedDaemonReload ? [warning(NEWER_UNIT, [step("Run:", RELOAD(), RESTART())])] : []),
    ...(isEnabled(facts) || enables
      ? []
      : [
          warning(
            `it is ${printable(UnitFileState || "not enabled", 40)}, so it does not start when this host boots`,
            [step("Run:", asRoot("systemctl enable novacula-agent"))],
          ),
        ]),
  ];
}

/** Those of this host, if there are any: the package's have no wrong line. */
function unitFiles({ FragmentPath, DropInPaths }: ServiceFacts): string {
  const all = [FragmentPath, ...DropInPaths].filter((path) => path !== "");
  const own = all.filter((path) => !/^(?:\/usr)?\/lib\//u.test(path));
  const files = own.length === 0 ? all : own;
  return files.length === 0 ? "its unit" : files.map((path) => printable(path, 400)).join(", ");
}

function bad(detail: string, remedy: Remedy): Check {
  return { stage: "unit", status: "bad", detail, remedy };
}

function warning(detail: string, remedy: Remedy): Check {
  return { stage: "unit", status: "warning", detail, remedy };
}
