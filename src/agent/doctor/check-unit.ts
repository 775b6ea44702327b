import { printable } from "../../lib/printable.ts";
import { asRoot, shellWord } from "../../lib/shell-word.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Check } from "./examination.ts";

const START_AGAIN = () =>
  `${asRoot("systemctl reset-failed novacula-agent")} && ${asRoot("systemctl start novacula-agent")}`;
const WHY = () => `To see why, run: ${asRoot("journalctl -u novacula-agent -n 30")}`;

/** Whether the service can start, runs, and starts at boot. Undefined: systemd does not answer. */
export function checkUnit(facts: ServiceFacts | undefined): readonly Check[] {
  if (facts === undefined) {
    return [{ stage: "unit", status: "unknown", detail: "systemd does not answer on this host" }];
  }
  switch (facts.LoadState) {
    case "not-found":
    case "":
      return [
        warning(
          "the service is not installed",
          `Install the package, or run: ${asRoot("novacula-agent install")}`,
        ),
      ];
    case "masked":
      return [masked(facts)];
    case "loaded":
      return [activity(facts), ...upkeep(facts)];
    default:
      return [
        bad(
          `systemd cannot use its unit (${printable(facts.LoadState, 40)}): a line in ${unitFiles(facts)} is wrong`,
          `To see which line, run: ${asRoot("systemd-analyze verify novacula-agent.service")}`,
        ),
      ];
  }
}

function masked({ UnitFileState, ActiveState }: ServiceFacts): Check {
  const unmask = UnitFileState === "masked-runtime" ? "unmask --runtime" : "unmask";
  const effect = ActiveState === "active" ? "it runs, but cannot be started again" : "it cannot be started";
  return bad(
    `the service is masked, so ${effect}`,
    `Run: ${asRoot(`systemctl ${unmask} novacula-agent`)} && ${asRoot("systemctl enable --now novacula-agent")}`,
  );
}

function activity(facts: ServiceFacts): Check {
  const { ActiveState, SubState, Result, NRestarts } = facts;
  if (ActiveState === "active" || ActiveState === "reloading") {
    return { stage: "unit", status: "ok", detail: "the service runs" };
  }
  const { cause, remedy } = causeOf(facts);
  const why = cause === "" ? "" : `: ${cause}`;
  if (ActiveState === "failed") {
    const limit =
      Result === "start-limit-hit" || NRestarts > 0
        ? " after too many starts, so systemd does not start it any more"
        : "";
    return bad(`the service has failed${limit}${why}`, remedy ?? `Run: ${START_AGAIN()}. ${WHY()}`);
  }
  if (ActiveState === "activating" && SubState === "auto-restart") {
    return bad(`the service ends again and again (${NRestarts} restarts)${why}`, remedy ?? `${WHY()}`);
  }
  if (ActiveState === "activating") {
    return bad("the service is still starting", `Wait half a minute, then run doctor again. ${WHY()}`);
  }
  return bad(
    `the service is ${printable(ActiveState, 40)}${why}`,
    remedy ?? `Run: ${asRoot("systemctl start novacula-agent")}`,
  );
}

/** systemd.exec(5), "Process Exit Codes". The remedy ends with the start of the service. */
function causeOf(facts: ServiceFacts): { readonly cause: string; readonly remedy?: string } {
  const { Result, ExecMainStatus, User, WorkingDirectory } = facts;
  const user = printable(User || "root", 40);
  if (Result === "success") {
    return { cause: "" };
  }
  if (Result !== "exit-code") {
    return { cause: RESULTS.get(Result) ?? `its result is ${printable(Result, 40)}` };
  }
  switch (ExecMainStatus) {
    case 64:
      return { cause: "ExecStart= of its unit has arguments that the agent does not know (status 64)" };
    case 78:
      return { cause: "its configuration is not valid (status 78)" };
    case 200:
      return {
        cause: `its WorkingDirectory= ${printable(WorkingDirectory, 400)} cannot be entered (status 200/CHDIR)`,
        remedy: `Run: ${asRoot(`install -d ${shellWord(WorkingDirectory)}`)} && ${START_AGAIN()}`,
      };
    case 203:
      return {
        cause: `the program in its ExecStart= cannot be executed (status 203/EXEC)`,
        remedy: `Reinstall the package, then run: ${START_AGAIN()}`,
      };
    case 217:
      return {
        cause: `its user ${user} does not exist (status 217/USER)`,
        remedy: `Run: ${asRoot("systemd-sysusers")} && ${START_AGAIN()}`,
      };
    case 226:
      return { cause: "its sandbox cannot be set up (status 226/NAMESPACE)" };
    case 243:
      return { cause: "a credential of its unit cannot be loaded (status 243/CREDENTIALS)" };
    default:
      return { cause: `the agent ended with status ${ExecMainStatus}` };
  }
}

const RESULTS: ReadonlyMap<string, string> = new Map([
  ["start-limit-hit", "it was started too often"],
  ["timeout", "it did not start or stop in time"],
  ["watchdog", "it hung, and the watchdog ended it"],
  ["oom-kill", "the kernel ended it, because memory ran out"],
  ["signal", "a signal ended it"],
  ["core-dump", "it crashed"],
  ["resources", "systemd could not prepare its start"],
  ["protocol", "it did not report its start"],
]);

function upkeep({ NeedDaemonReload, UnitFileState }: ServiceFacts): readonly Check[] {
  const isEnabled = UnitFileState.startsWith("enabled");
  return [
    ...(NeedDaemonReload
      ? [
          warning(
            "its unit file has changed since systemd read it",
            `Run: ${asRoot("systemctl daemon-reload")} && ${asRoot("novacula-agent restart")}`,
          ),
        ]
      : []),
    ...(isEnabled
      ? []
      : [
          warning(
            `it is ${printable(UnitFileState || "not enabled", 40)}, so it does not start when this host boots`,
            `Run: ${asRoot("systemctl enable novacula-agent")}`,
          ),
        ]),
  ];
}

function unitFiles({ FragmentPath, DropInPaths }: ServiceFacts): string {
  const files = [FragmentPath, ...DropInPaths].filter((path) => path !== "");
  return files.length === 0 ? "its unit" : files.map((path) => printable(path, 400)).join(", ");
}

function bad(detail: string, remedy: string): Check {
  return { stage: "unit", status: "bad", detail, remedy };
}

function warning(detail: string, remedy: string): Check {
  return { stage: "unit", status: "warning", detail, remedy };
}
