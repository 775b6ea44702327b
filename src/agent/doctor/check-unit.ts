import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { type AgentStatus, keyIs } from "../daemon/status/status.ts";
import type { Check } from "./examination.ts";

/** Properties of the service from `systemctl show`. */
export interface UnitFacts {
  readonly LoadState: string;
  readonly ActiveState: string;
  readonly UnitFileState: string;
  readonly NeedDaemonReload: string;
  readonly Result: string;
}

/** The properties to request from systemctl. */
export const UNIT_FACTS = [
  "LoadState",
  "ActiveState",
  "UnitFileState",
  "NeedDaemonReload",
  "Result",
] as const;

/** The service and the agent that runs, if any. */
export interface RunningAgent {
  readonly unit: UnitFacts | undefined;
  /** The status of the running agent; undefined if none answers. */
  readonly status: AgentStatus | undefined;
  /** The fingerprint of the key in the files; undefined if the key is unusable. */
  readonly fingerprint: string | undefined;
}

/** Whether the service exists, runs, starts at boot, and uses the key in the file. */
export function checkUnit(agent: RunningAgent): readonly Check[] {
  const { unit, status } = agent;
  if (unit === undefined && status === undefined) {
    return [
      { stage: "unit", status: "unknown", detail: "systemd does not answer on this host, and no agent runs" },
    ];
  }
  const service = unit === undefined ? [] : checkService(unit);
  return status === undefined ? service : [...service, checkStatus(status, agent.fingerprint)];
}

function checkService(unit: UnitFacts): readonly Check[] {
  if (unit.LoadState === "not-found") {
    return [
      warning(
        "the service is not installed",
        `Install the package, or run: ${asRoot("novacula-agent install")}.`,
      ),
    ];
  }
  const checks: Check[] = [];
  if (unit.NeedDaemonReload === "yes") {
    checks.push(
      warning(
        "its unit file has changed since systemd read it",
        `Run: ${asRoot("systemctl daemon-reload")}.`,
      ),
    );
  }
  if (!unit.UnitFileState.startsWith("enabled")) {
    checks.push(
      warning(
        `it is ${printable(unit.UnitFileState || "not enabled", 40)}, so it does not start when this host boots`,
        `Run: ${asRoot("systemctl enable novacula-agent")}.`,
      ),
    );
  }
  return [activity(unit), ...checks];
}

function activity({ ActiveState, Result }: UnitFacts): Check {
  if (ActiveState === "active" || ActiveState === "reloading") {
    return { stage: "unit", status: "ok", detail: "the service runs" };
  }
  const result = Result === "success" ? "" : ` (${printable(Result, 40)})`;
  return {
    stage: "unit",
    status: "bad",
    detail: `the service is ${printable(ActiveState, 40)}${result}`,
    remedy: `Run: ${asRoot("systemctl start novacula-agent")}. To see why it ended, run: ${asRoot("journalctl -u novacula-agent")}.`,
  };
}

/** The agent's own sentence. Only a warning, because an earlier stage has named the cause. */
function checkStatus(status: AgentStatus, fingerprint: string | undefined): Check {
  const look = `Run: ${asRoot("novacula-agent status")}.`;
  if (status.state !== "online") {
    return warning(trimmed(status.reason), look);
  }
  const isOnFile = fingerprint !== undefined && keyIs(status, fingerprint);
  if (isOnFile && status.pendingChange === null) {
    return { stage: "unit", status: "ok", detail: trimmed(status.reason) };
  }
  const why = status.pendingChange?.reason ?? "the file has a change that it has not applied";
  return warning(`the agent still uses key ${status.key?.fingerprint ?? "?"}: ${trimmed(why)}`, look);
}

function warning(detail: string, remedy: string): Check {
  return { stage: "unit", status: "warning", detail, remedy };
}

function trimmed(sentence: string): string {
  return printable(sentence, 600).replace(/\.$/u, "");
}
