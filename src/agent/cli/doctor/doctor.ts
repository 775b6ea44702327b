import { existsSync } from "node:fs";
import { uptime } from "node:os";
import type { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type Loaded, loadConfig, ownFiles } from "../../config/load-config.ts";
import { checkChanges } from "../../doctor/check-changes.ts";
import { checkEnvironment } from "../../doctor/check-environment.ts";
import { type AgentReply, checkExecutor } from "../../doctor/check-executor.ts";
import { checkFiles, type Obstacle } from "../../doctor/check-files.ts";
import { checkNodes } from "../../doctor/check-nodes.ts";
import { checkPlaces } from "../../doctor/check-places.ts";
import { checkUnit, checkUnitChanges, type UnitChanges } from "../../doctor/check-unit.ts";
import { type Check, examination } from "../../doctor/examination.ts";
import { scrub } from "../../journal/journal.ts";
import { isInstalled } from "../../systemd/service/service-facts.ts";
import { type AgentFolders, findFolders, withKeptName } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { type CredentialDrift, credentialDrift } from "../host/credential-drift.ts";
import { lockOf } from "../host/denied-write.ts";
import { hiddenFiles } from "../host/hidden-files.ts";
import { isAnyDenied, serviceReader, unreadableForService } from "../host/service-identity.ts";
import { keyRoute } from "../key/ask-control-plane.ts";
import { exitCodeOf } from "../key/check-report.ts";
import { keyFromFile } from "../key/key-input.ts";
import { connectionChecks } from "./connection.ts";
import { examinationText } from "./doctor-report.ts";
import { nodeFacts } from "./node-facts.ts";
import { otherAgents } from "./other-agents.ts";
import { placeFacts } from "./place-facts.ts";
import { findSubject, type Subject } from "./subject.ts";
import { judgeTwoKeys } from "./two-keys.ts";
import { unitChanges } from "./unit-changes.ts";

export interface DoctorOptions extends ConfigOptions {
  readonly keyFile?: string;
  readonly json?: boolean;
}

const NO_CHANGES: UnitChanges = { changed: [], inlineKey: undefined };
/** An agent that has just started is asked again for so long, ms. */
const CONNECTING_MS = 5000;
const PAUSE_MS = 500;

/** Checks everything from the file to the executor: ok, bad or unknown. Changes nothing. */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<ExitCode> {
  const signal = shutdownSignal();
  const subject = await findSubject(options, terminal.environment);
  const { path, pathSource, environment } = subject;
  const loaded = await withCandidate(
    await withKeptName(await loadConfig(path, environment, undefined, await serviceReader())),
    options.keyFile,
    terminal,
  );
  const route = keyRoute(options.keyFile, "Run doctor again", subject);
  const folders = await findFolders({ config: path }, environment);
  const twoKeys = loaded.verdict === "invalid" ? loaded.twoKeys : undefined;
  const judged = twoKeys === undefined ? undefined : await judgeTwoKeys(twoKeys, subject, signal);
  const connection = judged?.checks ?? (await connectionChecks(loaded, subject, route, signal));
  const isDenied = await isAnyDenied(loaded.files);
  const files = {
    pathSource,
    isDenied,
    obstacles: await obstacles(loaded, subject),
    twoKeyRemedy: judged?.remedy,
  };
  const { service } = subject;
  const changes = service === undefined ? NO_CHANGES : await unitChanges(service, loaded);
  const isUnitChanged = changes.changed.length > 0;
  const executor = {
    isUnitChanged,
    subject,
    loaded,
    folders,
    isDenied,
    isCandidate: options.keyFile !== undefined,
  };
  const checks = [
    ...checkFiles(loaded, files),
    ...connection,
    ...(await lockChecks(loaded)),
    ...(await serviceChecks(subject, loaded, folders, changes)),
    ...(await executorChecks({ ...executor, isAccepted: isAccepted(loaded, connection) }, signal)),
    ...checkNodes(await nodeFacts(folders.runtimeDir, signal)),
  ];
  const result = examination(loaded.path, checks.map(scrubbed));
  const isJson = options.json === true;
  print(terminal, isJson ? JSON.stringify(result, undefined, 2) : examinationText(result, terminal));
  return exitCodeOf(result.verdict);
}

/** Units hold passwords of proxies, and files hold keys: no piece of them gets out. */
function scrubbed(check: Check): Check {
  const { detail, remedy } = check;
  return { ...check, detail: clean(detail), ...(remedy !== undefined && { remedy: clean(remedy) }) };
}

function clean(text: string): string {
  return scrub(text).replaceAll(/:\/\/[^\s/@]+@/gu, "://[redacted]@");
}

/** With `--key-file`: the configuration as it would be with that key. */
async function withCandidate(
  loaded: Loaded,
  keyFile: string | undefined,
  terminal: Terminal,
): Promise<Loaded> {
  if (keyFile === undefined || loaded.verdict === "invalid") {
    return loaded;
  }
  const handed = await keyFromFile(keyFile, terminal);
  if (handed === undefined) {
    return loaded;
  }
  const { key, findings, source } = handed;
  const { path, digest, files, config, lines } = loaded;
  const base = { path, digest, files, config, lines, keySource: source, findings };
  if (key === undefined) {
    return { ...base, verdict: "key-unusable" };
  }
  return { ...base, verdict: "usable", key, caPem: loaded.verdict === "usable" ? loaded.caPem : undefined };
}

/** A configuration that is not valid cannot be accepted, even if one of its keys is. */
function isAccepted(loaded: Loaded, connection: readonly Check[]): boolean {
  return (
    loaded.verdict === "usable" &&
    connection.some(({ stage, status }) => stage === "authentication" && status === "ok")
  );
}

async function obstacles(loaded: Loaded, { service, environment }: Subject): Promise<readonly Obstacle[]> {
  const { CREDENTIALS_DIRECTORY: credentials } = environment;
  const hidden = service === undefined ? [] : await hiddenFiles(service, loaded.files);
  // What the sandbox hides needs another place, and no mode.
  const files = ownFiles(loaded).filter(
    (file) =>
      (credentials === undefined || !file.startsWith(`${credentials}/`)) &&
      !hidden.some(({ path }) => path === file),
  );
  return await unreadableForService(files);
}

/** An executor is well with such a file until its key has to change. */
async function lockChecks(loaded: Loaded): Promise<readonly Check[]> {
  const lock = loaded.verdict === "invalid" ? undefined : await lockOf(loaded.path);
  return lock === undefined
    ? []
    : [
        {
          stage: "mode",
          status: "warning",
          detail: `nobody can change ${printable(loaded.path, 4096)}: ${lock.why}`,
          remedy: `Before its next change, run: ${lock.fix}`,
        },
      ];
}

async function serviceChecks(
  { service, facts }: Subject,
  loaded: Loaded,
  { dataDir, runtimeDir }: AgentFolders,
  changes: UnitChanges,
): Promise<readonly Check[]> {
  if (service !== undefined) {
    const line = loaded.verdict === "invalid" ? undefined : loaded.lines.get("agent.data_dir");
    const source = line === undefined ? undefined : `${printable(loaded.path, 4096)} line ${line}`;
    return [
      ...checkPlaces(await placeFacts(service, loaded, { runtimeDir, dataDir: { path: dataDir, source } })),
      ...checkUnit(service.facts, service.changed),
      ...checkUnitChanges(changes, service.facts),
      ...checkEnvironment(service.environment),
    ];
  }
  if (isInstalled(facts)) {
    return [OTHER_FILE];
  }
  // Without systemd, somebody else starts the agent.
  return facts !== undefined || existsSync("/run/systemd/system") ? checkUnit(facts) : [];
}

const OTHER_FILE: Check = {
  stage: "unit",
  status: "warning",
  detail: "the service of this host uses another agent.toml, and is not judged here",
  remedy: `To judge it, run: ${asRoot("novacula-agent doctor")}`,
};

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
}

async function executorChecks(judged: Judged, signal: AbortSignal): Promise<readonly Check[]> {
  const { subject, loaded, folders, isAccepted, isDenied, isCandidate } = judged;
  const reply = await replyOf(folders.runtimeDir, signal);
  const mainPid = subject.service?.facts.MainPID;
  const known = new Set([mainPid ?? 0, ...(reply.kind === "answered" ? [reply.status.pid] : [])]);
  const ofFiles = loaded.verdict === "usable" ? loaded.key.fingerprint : undefined;
  const inUse = reply.kind === "answered" ? reply.status.key?.fingerprint : undefined;
  const drift = reply.kind === "answered" ? await credentialDrift(loaded, reply.status) : undefined;
  const checks = checkExecutor({
    reply,
    mainPid,
    configPath: loaded.path,
    files: loaded.verdict === "usable" ? "usable" : isDenied ? "unknown" : "unusable",
    fingerprint: isCandidate || drift !== undefined ? inUse : ofFiles,
    isAccepted,
    isUnitChanged: judged.isUnitChanged,
    others: await otherAgents(known, loaded),
  });
  const isUnreachable = reply.kind === "answered" && reply.status.state === "unreachable";
  const isServiceAlone = isAccepted && !isCandidate && isUnreachable;
  const changes =
    subject.service === undefined
      ? []
      : checkChanges({ ...subject.service, isServiceAlone, uptimeSecs: uptime() });
  return [...checks, ...changes, ...(drift === undefined ? [] : [driftCheck(drift)])];
}

async function replyOf(runtimeDir: string, signal: AbortSignal): Promise<AgentReply> {
  const until = performance.now() + CONNECTING_MS;
  for (;;) {
    const answer = await askAgent(runtimeDir, "GET /status", 0, signal);
    if (answer.kind !== "answered") {
      return { kind: "silent", why: answer.why, isDenied: answer.kind === "no-answer" && answer.isDenied };
    }
    const mayCome = answer.status.state === "connecting" && performance.now() < until;
    if (!mayCome || signal.aborted) {
      return { kind: "answered", status: answer.status };
    }
    await delay(PAUSE_MS, signal);
  }
}

function driftCheck({ why, fix }: CredentialDrift): Check {
  return { stage: "unit", status: "warning", detail: why, remedy: `Run: ${fix}` };
}
