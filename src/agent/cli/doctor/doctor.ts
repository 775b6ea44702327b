import type { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { configPath, type Loaded, loadConfig, ownFiles } from "../../config/load-config.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";
import { checkConnection, connectionUnchecked } from "../../doctor/check-connection.ts";
import { checkEnvironment, ENVIRONMENT_FACTS } from "../../doctor/check-environment.ts";
import { checkFiles, type Obstacle } from "../../doctor/check-files.ts";
import { checkNodes } from "../../doctor/check-nodes.ts";
import { checkUnit, UNIT_FACTS } from "../../doctor/check-unit.ts";
import { type Check, examination } from "../../doctor/examination.ts";
import { proxyRoute } from "../../sync/network/proxy-route.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { unitProperties } from "../../systemd/systemctl.ts";
import { type ConfigOptions, findFolders } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import { type CredentialDrift, credentialDrift } from "../host/credential-drift.ts";
import { serviceIdentity, serviceReader } from "../host/service-identity.ts";
import { obstacleFor } from "../host/service-user.ts";
import { askControlPlane, type KeyQuestion, keyRoute } from "../key/ask-control-plane.ts";
import { describeReply } from "../key/check.ts";
import { exitCodeOf } from "../key/check-report.ts";
import { keyFromFile } from "../key/key-input.ts";
import { examinationText } from "./doctor-report.ts";
import { nodeFacts } from "./node-facts.ts";
import { twoKeyChecks } from "./two-keys.ts";

export interface DoctorOptions extends ConfigOptions {
  readonly keyFile?: string;
  readonly json?: boolean;
}

/** Checks everything from the file to the running service: ok, bad or unknown. Changes nothing. */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<ExitCode> {
  const { environment } = terminal;
  const signal = shutdownSignal();
  const loaded = await withCandidate(
    await loadConfig(configPath(options.config, environment), environment, undefined, await serviceReader()),
    options.keyFile,
    terminal,
  );
  const checks = [
    ...checkFiles(loaded, await obstacles(loaded)),
    ...(await connection(
      loaded,
      { route: keyRoute(options.keyFile, "Run doctor again", loaded, environment), environment },
      signal,
    )),
    ...(await twoKeyChecks(loaded, environment, signal)),
    ...(await unit(options, loaded, environment, signal)),
    ...checkNodes(await nodeFacts((await findFolders(options, environment)).runtimeDir, signal)),
  ];
  const result = examination(loaded.path, checks);
  const isJson = options.json === true;
  print(terminal, isJson ? JSON.stringify(result, undefined, 2) : examinationText(result, terminal));
  return exitCodeOf(result.verdict);
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
  const { path, digest, files, config } = loaded;
  const base = { path, digest, files, config, keySource: source, findings };
  if (key === undefined) {
    return { ...base, verdict: "key-unusable" };
  }
  return { ...base, verdict: "usable", key, caPem: loaded.verdict === "usable" ? loaded.caPem : undefined };
}

/** Root can read everything; what counts is what the user of the service can read. */
async function obstacles(loaded: Loaded): Promise<readonly Obstacle[]> {
  const user = process.geteuid?.() === 0 ? await serviceIdentity() : undefined;
  if (user === undefined) {
    return [];
  }
  const found = await Promise.all(
    ownFiles(loaded).map((file) => inTime(file, () => obstacleFor(user, file)).catch(() => undefined)),
  );
  return found.filter((obstacle) => obstacle !== undefined);
}

async function connection(
  loaded: Loaded,
  around: Pick<KeyQuestion, "route" | "environment">,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (loaded.verdict === "invalid") {
    return connectionUnchecked("the configuration is not valid");
  }
  if (loaded.verdict === "key-unusable") {
    return connectionUnchecked("there is no usable key");
  }
  const { config, key, keySource, findings } = loaded;
  const { url, proxy } = config.controlPlane;
  const verdict = await askControlPlane(
    { config, key, keySource, findings, isMove: false, ...around },
    signal,
  );
  const route = proxyRoute({ endpoint: new URL(url), proxy, environment: around.environment });
  const answer =
    verdict.kind === "accepted"
      ? { kind: verdict.kind, detail: `accepted: ${describeReply(verdict.reply)}`, remedy: undefined }
      : { kind: verdict.kind, detail: verdict.why, remedy: verdict.remedy };
  const { cause, serverTimeMs } = verdict;
  return checkConnection({ url, route, answer: { ...answer, cause, serverTimeMs }, nowMs: Date.now() });
}

async function unit(
  options: ConfigOptions,
  loaded: Loaded,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { runtimeDir } = await findFolders(options, environment);
  const answer = await askAgent(runtimeDir, "GET /status", 0, signal);
  const status: AgentStatus | undefined = answer.kind === "answered" ? answer.status : undefined;
  const facts = await unitProperties(SERVICE, [...UNIT_FACTS, ...ENVIRONMENT_FACTS]).catch(() => undefined);
  const fingerprint = loaded.verdict === "usable" ? loaded.key.fingerprint : undefined;
  const drift = status === undefined ? undefined : await credentialDrift(loaded, status);
  const checks = [
    ...checkUnit({
      unit: facts,
      status,
      fingerprint: drift === undefined ? fingerprint : status?.key?.fingerprint,
    }),
    ...(drift === undefined ? [] : [driftCheck(drift)]),
  ];
  return facts === undefined ? checks : [...checks, ...checkEnvironment(facts)];
}

function driftCheck({ why, fix }: CredentialDrift): Check {
  return { stage: "unit", status: "warning", detail: why, remedy: `Run: ${fix}` };
}
