import { existsSync } from "node:fs";
import type { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type Loaded, loadConfig, ownFiles } from "../../config/load-config.ts";
import { checkEnvironment } from "../../doctor/check-environment.ts";
import { type AgentReply, checkExecutor } from "../../doctor/check-executor.ts";
import { checkFiles, type Obstacle } from "../../doctor/check-files.ts";
import { checkNodes } from "../../doctor/check-nodes.ts";
import { checkPlaces } from "../../doctor/check-places.ts";
import { checkUnit } from "../../doctor/check-unit.ts";
import { type Check, examination } from "../../doctor/examination.ts";
import { scrub } from "../../journal/journal.ts";
import { isInstalled } from "../../systemd/service/service-facts.ts";
import { type AgentFolders, type ConfigOptions, findFolders } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import { type CredentialDrift, credentialDrift } from "../host/credential-drift.ts";
import { serviceIdentity, serviceReader } from "../host/service-identity.ts";
import { obstacleFor } from "../host/service-user.ts";
import { keyRoute } from "../key/ask-control-plane.ts";
import { exitCodeOf } from "../key/check-report.ts";
import { keyFromFile } from "../key/key-input.ts";
import { connectionChecks } from "./connection.ts";
import { examinationText } from "./doctor-report.ts";
import { nodeFacts } from "./node-facts.ts";
import { otherAgents } from "./other-agents.ts";
import { placeFacts } from "./place-facts.ts";
import { findSubject, type Subject } from "./subject.ts";
import { twoKeyChecks } from "./two-keys.ts";

export interface DoctorOptions extends ConfigOptions {
  readonly keyFile?: string;
  readonly json?: boolean;
}

/** An agent that has just started is asked again for so long, ms. */
const CONNECTING_MS = 5000;
const PAUSE_MS = 500;

/** Checks everything from the file to the executor: ok, bad or unknown. Changes nothing. */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<ExitCode> {
  const signal = shutdownSignal();
  const subject = await findSubject(options, terminal.environment);
  const { path, pathSource, environment } = subject;
  const loaded = await withCandidate(
    await loadConfig(path, environment, undefined, await serviceReader()),
    options.keyFile,
    terminal,
  );
  const route = keyRoute(options.keyFile, "Run doctor again", loaded, terminal.environment);
  const folders = await findFolders({ config: path }, environment);
  const connection = await connectionChecks(loaded, subject, route, signal);
  const isAccepted = connection.some(({ stage, status }) => stage === "authentication" && status === "ok");
  const checks = [
    ...checkFiles(loaded, await obstacles(loaded, environment), pathSource),
    ...connection,
    ...(await serviceChecks(subject, loaded, folders)),
    ...(await executorChecks(
      { subject, loaded, folders, isAccepted, isCandidate: options.keyFile !== undefined },
      signal,
    )),
    ...(await twoKeyChecks(loaded, environment, signal)),
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

/** Root can read everything; what counts is what the user of the service can read. */
async function obstacles(loaded: Loaded, environment: NodeJS.ProcessEnv): Promise<readonly Obstacle[]> {
  const user = process.geteuid?.() === 0 ? await serviceIdentity() : undefined;
  if (user === undefined) {
    return [];
  }
  const { CREDENTIALS_DIRECTORY: credentials } = environment;
  const files = ownFiles(loaded).filter(
    (file) => credentials === undefined || !file.startsWith(`${credentials}/`),
  );
  const found = await Promise.all(
    files.map((file) => inTime(file, () => obstacleFor(user, file)).catch(() => undefined)),
  );
  return found.filter((obstacle) => obstacle !== undefined);
}

async function serviceChecks(
  { service, facts }: Subject,
  loaded: Loaded,
  { dataDir }: AgentFolders,
): Promise<readonly Check[]> {
  if (service !== undefined) {
    const line = loaded.verdict === "invalid" ? undefined : loaded.lines.get("agent.data_dir");
    const source = line === undefined ? undefined : `${printable(loaded.path, 4096)} line ${line}`;
    return [
      ...checkPlaces(await placeFacts(service, loaded, { path: dataDir, source })),
      ...checkUnit(service.facts),
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
  /** Whether the control plane accepted the key of the files a moment ago. */
  readonly isAccepted: boolean;
  readonly isCandidate: boolean;
}

async function executorChecks(judged: Judged, signal: AbortSignal): Promise<readonly Check[]> {
  const { subject, loaded, folders, isAccepted, isCandidate } = judged;
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
    fingerprint: isCandidate || drift !== undefined ? inUse : ofFiles,
    isAccepted,
    others: await otherAgents(known, loaded),
  });
  return drift === undefined ? checks : [...checks, driftCheck(drift)];
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
