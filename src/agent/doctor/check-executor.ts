import { printable } from "../../lib/printable.ts";
import { asRoot, forAgent, inPlace, shellWord } from "../../lib/shell-word.ts";
import { endUnit } from "../../lib/systemd/end-unit.ts";
import { type Remedy, step } from "../../lib/text/remedy.ts";
import { DEFAULT_PATH } from "../config/schema/agent-config.ts";
import { executorIn } from "../daemon/narration/wording.ts";
import { type AgentStatus, keyIs } from "../daemon/status/status.ts";
import type { Check } from "./examination.ts";
import { duplicateChecks } from "./executor/duplicate-process.ts";
import { offlineState, offlineText } from "./executor/offline-state.ts";

/** The answer of the agent whose executor is judged. */
export type AgentReply =
  | { readonly kind: "answered"; readonly status: AgentStatus }
  /** `why` is one or more sentences. `isDenied`: this user may not ask. */
  | { readonly kind: "silent"; readonly why: string; readonly isDenied: boolean };

/** What the judged executor should be, and what is there. */
export interface ExecutorFacts {
  readonly reply: AgentReply;
  /** The process that systemd runs; undefined without a service, 0 if it runs none. */
  readonly mainPid: number | undefined;
  /** Whether a signal has stopped that process. */
  readonly isStopped?: boolean;
  /** The service of the agent that answers; undefined: a person started it, or it is not known. */
  readonly answering?: AgentService | undefined;
  /** The absolute path of the agent.toml that is judged. */
  readonly configPath: string;
  /** Whether the files hold a valid configuration with a usable key, if this user may know. */
  readonly files: "usable" | "unusable" | "unknown";
  /** The fingerprint of the key in the files; undefined if the key is unusable. */
  readonly fingerprint: string | undefined;
  /** Whether the unit has other settings than its process was started with. */
  readonly isUnitChanged: boolean;
  /** Whether the control plane accepted the same key a moment ago, asked by doctor. */
  readonly isAccepted: boolean;
  /** Whether the agent has tried again since then. */
  readonly hasRetried?: boolean;
  /** Other agents on this host. */
  readonly others: readonly OtherAgent[];
  /** The PIDs of this host; undefined: this user may not see all of them. */
  readonly living: ReadonlySet<number> | undefined;
}

/** The service whose main process an agent is. */
export interface AgentService {
  readonly name: string;
  /** `UnitFileState`: `enabled`, `disabled`, `static` … */
  readonly fileState: string;
}

/** An agent on this host that is not the judged one. */
export interface OtherAgent {
  readonly pid: number;
  readonly user: string;
  /** Undefined: a person started it. */
  readonly service: AgentService | undefined;
  /** The absolute path of its agent.toml. */
  readonly configPath: string;
  /** Whether it has another executor name or another control plane. */
  readonly isOtherExecutor: boolean;
}

/** Whether the executor is online now, by its own agent, and by no other one. */
export function checkExecutor(facts: ExecutorFacts): readonly Check[] {
  const { reply, others, living } = facts;
  const seen = reply.kind === "answered" ? reply.status.duplicates : [];
  const found = new Set(others.map(({ pid }) => pid));
  return [...others.map(otherAgent), ...duplicateChecks(seen, found, living), itself(facts)];
}

function itself(facts: ExecutorFacts): Check {
  const { reply, mainPid, answering, configPath } = facts;
  if (reply.kind === "silent") {
    return silent(reply, facts);
  }
  const { status } = reply;
  if (mainPid !== undefined && mainPid !== status.pid) {
    return bad(`the agent that answers is PID ${status.pid}, which is not the service's`, [
      step(
        "Stop it, then start the service:",
        endOf(status.pid, answering),
        asRoot("novacula-agent restart"),
      ),
    ]);
  }
  if (status.configPath !== configPath) {
    return bad(
      `the agent that answers uses ${printable(status.configPath, 4096)}, not ${printable(configPath, 4096)}`,
      mainPid === undefined
        ? "Start an agent with that file, or run doctor without --config."
        : [step("Restart it with its present unit:", asRoot("novacula-agent restart"))],
    );
  }
  return status.state === "online"
    ? { ...online(status, facts), who: whoIs(status) }
    : { ...offline(status, facts), besideCause: offlineState(status) };
}

function whoIs({ executor, organization }: AgentStatus): string | undefined {
  return executor === null || organization === null ? undefined : executorIn(executor, organization.name);
}

const RUN_AS_ROOT = () =>
  inPlace({ host: "Run doctor with sudo.", pod: "Run doctor as the user of the agent." });
const APPLY = () => [step("Run:", forAgent("reload --wait"))];

function online(status: AgentStatus, { fingerprint, files, isAccepted }: ExecutorFacts): Check {
  const { pendingChange, key } = status;
  const isOfFile = files === "unknown" || (fingerprint !== undefined && keyIs(status, fingerprint));
  if (isOfFile && pendingChange === null) {
    return { stage: "executor", status: "ok", detail: trimmed(status.reason) };
  }
  const warning = { stage: "executor", status: "warning" } as const;
  const but = `online with key ${key?.fingerprint ?? "?"}, but not with the file`;
  if (files === "unusable") {
    const detail = `${but}, so a restart would take it offline`;
    return {
      ...warning,
      detail,
      remedy: "Fix the failure above. The agent then applies the file by itself.",
    };
  }
  if (pendingChange !== null && !isAccepted) {
    const remedy = "Fix the failure above. The agent then applies the change by itself.";
    return { ...warning, detail: `${but}: that is ${pendingChange.state}`, remedy };
  }
  const why = pendingChange?.reason ?? "the file has a change that it has not applied";
  return { ...warning, detail: `${but}: ${trimmed(why)}`, remedy: APPLY() };
}

const OLD_SETTINGS =
  "Doctor reached it now, with the present unit. The service started before its unit changed, and still has the old settings.";
const OTHER_USER =
  "Doctor reached it now, with the same key. If the next try fails too, this host treats the service's user differently: a firewall rule, or a setting of its unit.";

const NO_TRY_SINCE = "Doctor reached it now, with the same key, and the agent has not tried since.";

function offline(status: AgentStatus, facts: ExecutorFacts): Check {
  const { files, isAccepted, isUnitChanged, hasRetried = false } = facts;
  const detail = trimmed(status.reason);
  // Doctor has asked with the present unit.
  const retry = isUnitChanged ? asRoot("novacula-agent restart") : forAgent("retry");
  switch (status.state) {
    case "connecting":
      return bad(`not online yet. ${detail}`, "Wait a few seconds, then run doctor again.");
    case "key-unusable":
    case "config-invalid":
      return files !== "unusable"
        ? bad(detail, APPLY())
        : bad(
            "not online: the agent waits until the file is fixed",
            "Fix the failure above. The agent then goes online without a restart.",
          );
    case "unreachable":
      return bad(
        offlineText(status),
        isAccepted
          ? [
              step(isUnitChanged ? OLD_SETTINGS : hasRetried ? OTHER_USER : NO_TRY_SINCE),
              step("To retry, run:", retry),
            ]
          : [step("Fix the failure above. The agent retries by itself; to retry now, run:", retry)],
      );
    default:
      return bad(
        offlineText(status),
        isAccepted
          ? [step("The control plane accepts the key in the file now. Run:", retry)]
          : [step("Fix the failure above. If it is fixed already, run:", retry)],
      );
  }
}

function silent(
  { why, isDenied }: Extract<AgentReply, { kind: "silent" }>,
  { mainPid, isStopped = false, configPath }: ExecutorFacts,
): Check {
  const detail = trimmed(why);
  if (isDenied) {
    return { stage: "executor", status: "unknown", detail, remedy: RUN_AS_ROOT() };
  }
  if (mainPid === undefined) {
    return bad(
      detail,
      inPlace<Remedy>({
        host: startOf(configPath),
        pod: [step("Start the pod again:", asRoot("novacula-agent start"))],
      }),
    );
  }
  if (mainPid === 0) {
    return bad(detail, [step("Start it:", asRoot("systemctl start novacula-agent"))]);
  }
  if (isStopped) {
    return bad(`the process of the service (PID ${mainPid}) is stopped, as by SIGSTOP, so it does nothing`, [
      step("Let it go on:", asRoot("systemctl kill --signal=CONT novacula-agent")),
    ]);
  }
  return bad(
    `the service runs (PID ${mainPid}), but does not answer: ${detail.replace(/^No agent runs here: /u, "")}`,
    [
      step(
        "Run doctor again in ten seconds: an agent that starts, stops or lost its socket is busy until then. If that does not help, run:",
        asRoot("novacula-agent restart"),
      ),
    ],
  );
}

/** The service, if there is one, has the default file, or is judged by another check. */
function startOf(configPath: string): Remedy {
  const inForeground = "To run it in the foreground, run:";
  return configPath === DEFAULT_PATH
    ? [step(inForeground, "novacula-agent run"), step("As a service, run:", asRoot("novacula-agent start"))]
    : [step(inForeground, `novacula-agent run -c ${shellWord(configPath)}`)];
}

function otherAgent({ pid, user, service, configPath, isOtherExecutor }: OtherAgent): Check {
  const origin = service === undefined ? "started by hand" : `of ${printable(service.name, 100)}`;
  const detail = `another agent runs on this host: PID ${pid}, user ${printable(user, 40)}, ${origin}, with ${printable(configPath, 4096)}`;
  const stop = endOf(pid, service);
  return isOtherExecutor
    ? {
        stage: "executor",
        status: "warning",
        detail: `${detail}; it is another executor`,
        remedy: [step("If nobody needs it, run:", stop)],
      }
    : bad(detail, [step("One executor is one agent. Stop the one that is wrong:", stop)]);
}

/** systemd would start it again, now or at the next boot, if only its process ended. */
function endOf(pid: number, service: AgentService | undefined): string {
  return asRoot(service === undefined ? `kill ${pid}` : endUnit(service.name, service.fileState));
}

function bad(detail: string, remedy: Remedy): Check {
  return { stage: "executor", status: "bad", detail, remedy };
}

function trimmed(sentence: string): string {
  return printable(sentence, 600).replace(/\.$/u, "");
}
