import { asRoot } from "../../lib/shell-word.ts";
import { type Remedy, remedyText, type Step, step, stepsOf } from "../../lib/text/remedy.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import { SERVICE } from "../systemd/service-unit.ts";
import type { Check, Stage } from "./examination.ts";
import { startAgain } from "./start-failure.ts";
import { few, listed, shown } from "./unit/setting-list.ts";
import { takingOut } from "./unit/taken-out.ts";
import { timeLimits } from "./unit/time-limits.ts";
import { copyIn, hidesText, lineNaming, undoing, withoutCopy } from "./unit/unit-copy.ts";

export interface ChangeFacts {
  /** The settings of the service that the shipped unit does not have. */
  readonly changed: readonly Assignment[];
  readonly facts: ServiceFacts;
  /** Doctor reached the control plane with the key of the files, and the service does not. */
  readonly isServiceAlone: boolean;
  /** Of this host, s. */
  readonly uptimeSecs: number;
}

/** Without `.service`. */
const UNIT = "novacula-agent";
/** What can keep a service off the network: systemd.exec(5), systemd.resource-control(5). */
const NETWORK = new Set([
  "AppArmorProfile",
  "BindPaths",
  "BindReadOnlyPaths",
  "IPAddressAllow",
  "IPAddressDeny",
  "IPEgressFilterPath",
  "IPIngressFilterPath",
  "InaccessiblePaths",
  "JoinsNamespaceOf",
  "NetworkNamespacePath",
  "PrivateNetwork",
  "RestrictAddressFamilies",
  "RestrictFileSystems",
  "RestrictNetworkInterfaces",
  "RootDirectory",
  "RootImage",
  "SELinuxContext",
  "Slice",
  "SmackProcessLabel",
  "SystemCallFilter",
  "TemporaryFileSystem",
]);
/** A service that was restarted so often and has run for less than this, s, may end again. */
const MANY_RESTARTS = 3;
const STEADY_SECS = 600;

/** Names what this host changed in the unit where that can explain a service that is not well. */
export function checkChanges(given: ChangeFacts): readonly Check[] {
  const { changed, facts, isServiceAlone } = given;
  if (facts.ActiveState !== "active" && facts.ActiveState !== "reloading") {
    return [];
  }
  const suspects = isServiceAlone ? changed.filter(({ name }) => NETWORK.has(name)) : [];
  if (suspects.length > 0) {
    const [keeps, it] = suspects.length === 1 ? ["keeps", "it"] : ["keep", "them"];
    return [
      {
        stage: "unit",
        status: "bad",
        detail: `doctor reached the control plane, and the service does not: ${listed(suspects)} ${keeps} it from there`,
        remedy: [undoing(suspects, takingOut(`Take ${it} out of the unit`, suspects, UNIT, ...restart()))],
      },
    ];
  }
  return restarts(given);
}

/** Who the service is: it may read and write what this user and these groups may. */
const IDENTITY = /^(?:User|Group|SupplementaryGroups|DynamicUser|.*Capabilit.*|PrivateUsers)$/u;
/** What the service finds of the file system, and what it may do there. */
const FILES =
  /^(?:.*(?:Paths|Directory|DirectoryMode|FileSystem|FileSystems)|Protect.*|Private.*|Root.*|Bind.*|LimitFSIZE|UMask|Mount.*|NetworkNamespacePath|DynamicUser|User|Group)$/u;

/** A failure at a file of the service, with the changed settings that can be its cause. */
export function withSuspects(check: Check, changed: readonly Assignment[]): Check {
  const copy = copyIn(changed);
  const line = check.status === "bad" && copy !== undefined ? lineNaming(copy, check.detail) : undefined;
  if (copy !== undefined && line !== undefined) {
    const named = `${line.name}= in line ${line.line}`;
    const isSaid = check.detail.includes(hidesText(copy));
    const detail = `${check.detail}. ${hidesText(copy)}, and names this (${named})`;
    return isSaid ? check : { ...check, detail, remedy: [withoutCopy(copy)] };
  }
  const kind = check.stage === "mode" ? IDENTITY : FILES;
  const suspects = changed.filter(({ name }) => kind.test(name));
  if (check.status !== "bad" || suspects.length === 0 || isNamed(check.detail, suspects)) {
    return check;
  }
  const it = suspects.length === 1 ? "that" : "those";
  const undo = takingOut(`If ${it} should not be so, take ${it} out`, suspects, UNIT, ...restart());
  const remedy = [undoing(suspects, undo), ...otherwise(check.remedy ?? [])];
  return { ...check, detail: `${check.detail}${changesText(suspects)}`, remedy };
}

function otherwise(remedy: Remedy): readonly Step[] {
  const [first, ...rest] = stepsOf(remedy);
  if (first === undefined) {
    return [];
  }
  return [{ ...first, say: first.say === "Run:" ? "Otherwise run:" : `Otherwise: ${first.say}` }, ...rest];
}

const CHANGED = "was changed on this host: ";

function isNamed(detail: string, changed: readonly Assignment[]): boolean {
  const copy = copyIn(changed);
  return detail.includes(CHANGED) || (copy !== undefined && detail.includes(hidesText(copy)));
}

/**
 * Something is bad, and the unit has changes that no check has named: they may be the cause.
 * `variables` are those that its files set, as `NAME (FILE line 2)`: a value may be a secret.
 */
export function unnamedChanges(
  checks: readonly Check[],
  changed: readonly Assignment[],
  variables: readonly string[],
): readonly Check[] {
  if (!checks.some(({ status }) => status === "bad")) {
    return [];
  }
  const said = checks.map(({ detail }) => detail).join("\n");
  const copy = copyIn(changed);
  const isCopySaid = copy !== undefined && said.includes(hidesText(copy));
  const settings = changed.filter(
    (setting) => !said.includes(shown(setting)) && !(isCopySaid && setting.isOfCopy),
  );
  const others = variables.filter((variable) => !said.includes(variable));
  if (settings.length + others.length === 0) {
    return [];
  }
  const all = [...own(settings).map(shown), ...others.map((variable) => `Environment= ${variable}`)];
  return [
    {
      stage: "unit",
      status: "warning",
      detail: all.length === 0 && copy !== undefined ? hidesText(copy) : `its unit ${CHANGED}${few(all)}`,
      remedy: [
        undoing(
          settings,
          step("If the fix above does not help, take out what should not be there, then run:", ...restart()),
        ),
      ],
    },
  ];
}

/** A setting of a unit in a sentence: `ProtectHome=`. */
const SETTING = /\b[A-Z][a-z]\w*=/u;
/** Of other hosts and services, such a setting is another unit's. */
const OWN_STAGES: ReadonlySet<Stage> = new Set(["file", "mode", "syntax", "key", "unit", "executor"]);

/**
 * Somebody edited the unit, and systemd still has what it read before: a failure that comes from
 * the unit may be repaired there. Then only that is left to do.
 */
export function withUnread(checks: readonly Check[], facts: ServiceFacts): readonly Check[] {
  const { NeedDaemonReload, DynamicUser, LoadState, FragmentPath, DropInPaths, ActiveState } = facts;
  // With DynamicUser=, systemd wants to read a unit again that it has just read.
  if (!NeedDaemonReload || DynamicUser || LoadState !== "loaded") {
    return checks;
  }
  const places = [FragmentPath, ...DropInPaths, `Environment= of ${SERVICE}`].filter((path) => path !== "");
  const isOfUnit = ({ stage, detail, remedy = "" }: Check) =>
    stage === "unit" ||
    (OWN_STAGES.has(stage) && SETTING.test(detail)) ||
    places.some((place) => `${detail} ${remedyText(remedy)}`.includes(place));
  const isRunning = ActiveState === "active" || ActiveState === "reloading";
  const start = isRunning ? [asRoot("novacula-agent restart")] : startAgain();
  const remedy = [
    step("To apply what was edited, run:", asRoot("systemctl daemon-reload"), ...start),
    step("Then run doctor again."),
  ];
  const isUnread = (check: Check) => check.status === "bad" && isOfUnit(check);
  return !checks.some(isUnread)
    ? checks
    : checks.flatMap((check) =>
        isUnread(check)
          ? [{ ...check, detail: `${check.detail}. ${EDITED}, so this may be fixed already`, remedy }]
          : check.detail === NEWER_UNIT
            ? []
            : [check],
      );
}

const EDITED = "The unit was edited since systemd read it";
/** The warning if nothing is bad because of it. */
export const NEWER_UNIT = "its unit file has changed since systemd read it";

/** The end of a sentence about a service that does not run as it should. */
export function changesText(changed: readonly Assignment[]): string {
  const copy = copyIn(changed);
  const settings = own(changed);
  const hides = copy === undefined ? "" : `. ${hidesText(copy)}`;
  return settings.length === 0 ? hides : `${hides}. Its unit ${CHANGED}${listed(settings)}`;
}

function restarts({ changed, facts, uptimeSecs }: ChangeFacts): readonly Check[] {
  const runsSecs = Math.round(uptimeSecs - facts.ActiveEnterTimestampMonotonic / 1_000_000);
  if (facts.NRestarts < MANY_RESTARTS || runsSecs > STEADY_SECS) {
    return [];
  }
  const { why, remedy } = timeLimits(changed, STEADY_SECS);
  return [
    {
      stage: "unit",
      status: "warning",
      detail: `the service runs, but systemd has restarted it ${facts.NRestarts} times, the last time ${runsSecs} s ago${why || changesText(changed)}`,
      remedy:
        remedy.length > 0 ? remedy : [step("To see why, run:", asRoot("journalctl -u novacula-agent -n 30"))],
    },
  ];
}

function restart(): readonly string[] {
  return [asRoot("systemctl daemon-reload"), asRoot("novacula-agent restart")];
}

/** Without the lines of a copy, which is named as a whole. */
function own(changed: readonly Assignment[]): readonly Assignment[] {
  return changed.filter(({ isOfCopy = false }) => !isOfCopy);
}
