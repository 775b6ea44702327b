import { uptime } from "node:os";
import { step } from "../../../lib/text/remedy.ts";
import type { Loaded } from "../../config/load-config.ts";
import { checkChanges, withSuspects } from "../../doctor/check-changes.ts";
import { checkConditions } from "../../doctor/check-conditions.ts";
import { type AgentReply, checkExecutor } from "../../doctor/check-executor.ts";
import type { Check } from "../../doctor/examination.ts";
import type { Patience } from "../../systemd/settled-unit.ts";
import { isStoppedProcess } from "../../systemd/stopped-process.ts";
import { type AgentFolders, unknownAgent } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import { type CredentialDrift, credentialDrift } from "../host/credential-drift.ts";
import { livingPids, otherAgents, serviceOf } from "./other-agents.ts";
import type { Subject } from "./subject.ts";

/** An agent that has just started is asked again for so long, ms. */
const CONNECTING_MS = 5000;
/** The same of one that tries again what works by now, ms. */
const RETRYING_MS = 15_000;
/** A try, and what the agent does with its result, ms. */
const TRY_MS = 1000;
const PAUSE_MS = 500;

interface Judged {
  readonly subject: Subject;
  readonly loaded: Loaded;
  readonly folders: AgentFolders;
  /** Whether this user may not read the files. */
  readonly isDenied: boolean;
  /** Whether the control plane accepted the key of the files a moment ago. */
  readonly isAccepted: boolean;
  readonly isCandidate: boolean;
  readonly isUnitChanged: boolean;
  /** Whether doctor itself names the nodes of another executor. */
  readonly isLeftKnown: boolean;
}

/** Whether the executor is online, and what its agent says of itself. */
export async function executorChecks(judged: Judged, patience: Patience): Promise<readonly Check[]> {
  const { subject, loaded, folders, isAccepted, isDenied, isCandidate, isLeftKnown } = judged;
  const acceptedAt = Date.now();
  const reply = await replyOf(folders, isAccepted, patience);
  const mainPid = subject.service?.facts.MainPID;
  const known = new Set([mainPid ?? 0, ...(reply.kind === "answered" ? [reply.status.pid] : [])]);
  const ofFiles = loaded.verdict === "usable" ? loaded.key.fingerprint : undefined;
  const inUse = reply.kind === "answered" ? reply.status.key?.fingerprint : undefined;
  const drift = reply.kind === "answered" ? await credentialDrift(loaded, reply.status) : undefined;
  const checks = checkExecutor({
    reply,
    mainPid,
    isStopped: mainPid !== undefined && (await isStoppedProcess(mainPid)),
    answering: reply.kind === "answered" ? await serviceOf(reply.status.pid) : undefined,
    configPath: loaded.path,
    files: loaded.verdict === "usable" ? "usable" : isDenied ? "unknown" : "unusable",
    fingerprint: isCandidate || drift !== undefined ? inUse : ofFiles,
    isAccepted,
    hasRetried: reply.kind === "answered" && Date.parse(reply.status.lastAttemptAt ?? "") >= acceptedAt,
    isUnitChanged: judged.isUnitChanged,
    others: await otherAgents(known, loaded),
    living: await livingPids(),
  });
  const isUnreachable = reply.kind === "answered" && reply.status.state === "unreachable";
  const isServiceAlone = isAccepted && !isCandidate && isUnreachable;
  const changes =
    subject.service === undefined
      ? []
      : checkChanges({ ...subject.service, isServiceAlone, uptimeSecs: uptime() });
  const said = reply.kind === "answered" ? reply.status.conditions : [];
  const lasting = said.filter(({ event }) => !isLeftKnown || event !== "nodes.other-executor");
  const changed = subject.service?.changed ?? [];
  const conditions = lasting.flatMap((condition) => {
    const checked = checkConditions([condition]);
    return condition.event.endsWith(".unwritable")
      ? checked.map((check) => withSuspects(check, changed))
      : checked;
  });
  return [...checks, ...conditions, ...changes, ...(drift === undefined ? [] : [driftCheck(drift)])];
}

/** `isAccepted`: the control plane has answered doctor, so the agent's next try may succeed. */
async function replyOf(
  folders: AgentFolders,
  isAccepted: boolean,
  { signal, pause, onWait, now }: Patience,
): Promise<AgentReply> {
  const began = now();
  for (;;) {
    const answer = await askAgent(folders.runtimeDir, "GET /status", 0, signal);
    if (answer.kind === "not-running" && folders.isDenied) {
      return { kind: "silent", why: unknownAgent(folders), isDenied: true };
    }
    if (answer.kind !== "answered") {
      return { kind: "silent", why: answer.why, isDenied: answer.kind === "no-answer" && answer.isDenied };
    }
    const { state, nextAttemptAt } = answer.status;
    const leftMs = began + RETRYING_MS - now();
    const isRetrying = isAccepted && state === "unreachable" && nextAttemptAt !== null;
    const mayCome =
      (state === "connecting" && now() < began + CONNECTING_MS) ||
      (isRetrying && leftMs > 0 && Date.parse(nextAttemptAt) + TRY_MS - Date.now() < leftMs);
    if (!mayCome || signal.aborted) {
      return { kind: "answered", status: answer.status };
    }
    if (isRetrying) {
      onWait("the agent tries again soon");
    }
    await pause(PAUSE_MS);
  }
}

function driftCheck({ why, fix }: CredentialDrift): Check {
  return { stage: "unit", status: "warning", detail: why, remedy: [step("Run:", fix)] };
}
