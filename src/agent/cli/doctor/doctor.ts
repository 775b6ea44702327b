import type { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { endedBySignals } from "../../../lib/command-line/shutdown.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { printable } from "../../../lib/printable.ts";
import { mapRemedy } from "../../../lib/text/remedy.ts";
import { type Loaded, loadConfig } from "../../config/load-config.ts";
import { unnamedChanges, withSuspects, withUnread } from "../../doctor/check-changes.ts";
import { checkFiles } from "../../doctor/check-files.ts";
import { checkNodes } from "../../doctor/check-nodes.ts";
import type { UnitChanges } from "../../doctor/check-unit-changes.ts";
import { type Check, examination, examinationReport } from "../../doctor/examination.ts";
import { scrub } from "../../journal/scrub.ts";
import { BOOT_ID_VARIABLE } from "../../systemd/own-process.ts";
import type { Patience } from "../../systemd/settled-unit.ts";
import { findFolders, withKeptName } from "../host/agent-place.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { isAnyDenied, serviceReader } from "../host/service-identity.ts";
import type { ServiceView } from "../host/service-view.ts";
import { keyRoute } from "../key/ask-control-plane.ts";
import { exitCodeOf } from "../key/check-report.ts";
import { keyFromFile } from "../key/key-input.ts";
import { connectionChecks } from "./connection.ts";
import { examinationText } from "./doctor-report.ts";
import { executorChecks } from "./executor-checks.ts";
import { nodeFacts } from "./node-facts.ts";
import { lockChecks, nameFileChecks, narrowChecks, obstacles, serviceChecks } from "./service-checks.ts";
import { findSubject } from "./subject.ts";
import { judgeTwoKeys } from "./two-keys.ts";
import { unitChanges } from "./unit-changes.ts";

export interface DoctorOptions extends ConfigOptions {
  readonly keyFile?: string;
  readonly json?: boolean;
}

const NO_CHANGES: UnitChanges = { changed: [], inlineKey: undefined };

/** Checks everything from the file to the executor: ok, bad or unknown. Changes nothing. */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<ExitCode> {
  const signal = endedBySignals();
  const isJson = options.json === true;
  const patience = patienceOf(signal, (line) => (isJson ? undefined : complain(terminal, line)));
  const subject = await findSubject(options, terminal.environment, patience);
  const { path, pathSource, environment } = subject;
  const loaded = await withCandidate(
    await withKeptName(await loadConfig(path, environment, undefined, await serviceReader())),
    options.keyFile,
    terminal,
  );
  const route = keyRoute(options.keyFile, "Run doctor again");
  const folders = await findFolders({ config: path }, environment);
  const twoKeys = loaded.verdict === "invalid" ? loaded.twoKeys : undefined;
  const judged = twoKeys === undefined ? undefined : await judgeTwoKeys(twoKeys, subject, patience);
  const connection = judged?.checks ?? (await connectionChecks(loaded, subject, route, patience));
  const isDenied = await isAnyDenied(loaded.files);
  const files = {
    pathSource,
    ignoredPath: subject.service?.environment.ignoredPath,
    isDenied,
    obstacles: await obstacles(loaded, subject),
    twoKeyRemedy: judged?.remedy,
  };
  const { service } = subject;
  const changes = service === undefined ? NO_CHANGES : await unitChanges(service, loaded);
  const isUnitChanged = changes.changed.length > 0;
  const nodes = await nodeFacts(folders, loaded, service?.facts, signal);
  const executor = {
    isUnitChanged,
    isLeftKnown: nodes.left !== undefined,
    subject,
    loaded,
    folders,
    isDenied,
    isCandidate: options.keyFile !== undefined,
  };
  const found = [
    ...checkFiles(loaded, files),
    ...connection,
    ...(await lockChecks(loaded)),
    ...narrowChecks(loaded),
    ...(service === undefined ? [] : await nameFileChecks(loaded)),
    ...(await serviceChecks(subject, loaded, folders, changes)),
    ...(await executorChecks({ ...executor, isAccepted: isAccepted(loaded, connection) }, patience)),
    ...checkNodes(nodes),
  ];
  const checks = service === undefined ? found : withChanges(found, service);
  const result = examination(loaded.path, checks.map(scrubbed));
  print(
    terminal,
    isJson ? JSON.stringify(examinationReport(result), undefined, 2) : examinationText(result, terminal),
  );
  return exitCodeOf(result.verdict);
}

/** Says once that doctor waits. */
function patienceOf(signal: AbortSignal, say: (line: string) => void): Patience {
  let isSaid = false;
  return {
    signal,
    pause: (ms) => delay(ms, signal),
    onWait: (what) => {
      if (!isSaid) {
        isSaid = true;
        say(`Doctor waits for the result, 15 seconds at most, because ${what}.`);
      }
    },
    now: () => Number(process.hrtime.bigint() / 1_000_000n),
  };
}

/** Names what this host changed in the unit where something is bad. */
function withChanges(checks: readonly Check[], service: ServiceView): readonly Check[] {
  const { changed, environment, facts } = service;
  const named = checks.map((check) =>
    check.stage === "file" || check.stage === "mode" ? withSuspects(check, changed) : check,
  );
  // Only files that a person can edit: systemd sets variables, too, and so does our unit.
  const variables = [...environment.sources].flatMap(([name, source]) =>
    source.startsWith("/") && name !== BOOT_ID_VARIABLE
      ? [`${printable(name, 100)} (${printable(source, 400)})`]
      : [],
  );
  return withUnread([...named, ...unnamedChanges(named, changed, variables)], facts);
}

/** Units hold passwords of proxies, and files hold keys: no piece of them gets out. */
function scrubbed(check: Check): Check {
  const { detail, remedy } = check;
  return {
    ...check,
    detail: clean(detail),
    ...(remedy !== undefined && { remedy: mapRemedy(remedy, clean) }),
  };
}

function clean(text: string): string {
  // A remedy says the form of a URL with credentials: that one stays.
  return scrub(text).replaceAll(/:\/\/(?!user:password@host\b)[^\s/@]+@/gu, "://[redacted]@");
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
