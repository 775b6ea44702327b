import { CommandError } from "../../../lib/command-line/command-error.ts";
import type { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { endedBySignals } from "../../../lib/command-line/shutdown.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { sentence } from "../../../lib/sentence.ts";
import { adviseForAgent } from "../../../lib/shell-word.ts";
import { type Remedy, remedyText } from "../../../lib/text/remedy.ts";
import { type CurrentKeyReply, endOfKey } from "../../../protocol/sync.ts";
import { broughtOut, hiddenDetail } from "../../config/file/hidden-file.ts";
import { MAX_FILE_BYTES } from "../../config/file/read-file.ts";
import { type Loaded, loadConfig, ownFiles } from "../../config/load-config.ts";
import { hostOf } from "../../daemon/narration/wording.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import type { KeyFinding } from "../../key/finding.ts";
import { withKeptName } from "../host/agent-place.ts";
import { type ConfigOptions, type ConfigPlace, findConfig } from "../host/config-place.ts";
import { hiddenFromService } from "../host/hidden-files.ts";
import { isAnyDenied, serviceReader, unreadableForService } from "../host/service-identity.ts";
import { isStdin, readStreamInput } from "../host/stream-input.ts";
import { ending } from "../status/status-report.ts";
import { askControlPlane, type KeyQuestion, type KeyVerdict, keyRoute } from "./ask-control-plane.ts";
import {
  type CheckLine,
  type CheckReport,
  checkText,
  commonNameLines,
  exitCodeOf,
  findingLine,
  issueLine,
  overall,
} from "./check-report.ts";
import { keyFromFile } from "./key-input.ts";

export interface CheckOptions extends ConfigOptions {
  readonly online?: boolean;
  readonly keyFile?: string;
  readonly json?: boolean;
}

/** The key that is checked: the configured one, or a candidate. */
interface Subject {
  readonly source: string;
  readonly key: ExecutorKey | undefined;
  readonly findings: readonly KeyFinding[];
  readonly isDenied: boolean;
}

const CANCELLED: CheckLine = { verdict: "unknown", text: "No key was given. Cancelled." };

/** Checks configuration and key, and prints what is ok, bad and unknown. Changes nothing. */
export async function check(options: CheckOptions, terminal: Terminal): Promise<ExitCode> {
  const { environment } = terminal;
  const { loaded, place } = await loadOnce(options, terminal);
  const isDenied = await isAnyDenied(loaded.files);
  const subject = await subjectOf(options, loaded, isDenied, terminal);
  // Only now: while the command waits for a key, Ctrl-C may end it at once.
  const signal = endedBySignals();
  const route = keyRoute(options.keyFile, "Check again");
  const verdict =
    options.online === true ? await ask(loaded, subject, { route, environment }, signal) : undefined;
  const lines = [
    ...placeLines(place),
    ...configurationLines(loaded, isDenied),
    ...(subject === undefined ? [] : keyLines(subject)),
    ...(subject === undefined && options.keyFile !== undefined ? [CANCELLED] : []),
    ...(await serviceLines(loaded, place)),
    ...(await hiddenFromService(loaded)).map(
      (file): CheckLine => ({
        verdict: "bad",
        text: `${sentence(hiddenDetail(file))} ${remedyText(broughtOut(file))}`,
      }),
    ),
    ...(options.online === true ? [onlineLine(loaded, verdict)] : []),
  ];
  const report: CheckReport = {
    verdict: overall(lines),
    path: loaded.path,
    issues: loaded.verdict === "invalid" ? loaded.issues.map(inWords) : [],
    key: subject === undefined ? null : reportedKey(subject),
    controlPlane:
      loaded.config === undefined ? null : reportedAnswer(loaded.config.controlPlane.url, verdict),
    lines,
  };
  const isJson = options.json === true;
  print(terminal, isJson ? JSON.stringify(report, undefined, 2) : checkText(lines, terminal));
  return exitCodeOf(report.verdict);
}

/** Where agent.toml comes from. */
interface Place extends ConfigPlace {
  readonly isPipe: boolean;
}

interface LoadedOnce {
  readonly loaded: Loaded;
  readonly place: Place;
}

/** agent.toml may come from stdin or from a pipe, because this command reads it once. */
async function loadOnce(options: CheckOptions, terminal: Terminal): Promise<LoadedOnce> {
  const { config = "", keyFile = "" } = options;
  const { environment } = terminal;
  const reader = await serviceReader();
  if (isStdin(config) && isStdin(keyFile)) {
    throw new CommandError("usage", "--config and --key-file cannot both read stdin");
  }
  const bytes = config === "" ? undefined : await readStreamInput(config, MAX_FILE_BYTES, terminal);
  if (bytes === undefined) {
    const place = await findConfig(options, environment);
    const loaded = await loadConfig(place.path, environment, undefined, reader);
    return { loaded: await withKeptName(loaded), place: { ...place, isPipe: false } };
  }
  const path = isStdin(config) ? "stdin" : config;
  adviseForAgent(path, process.geteuid?.() !== 0);
  const place = { path, isUsual: false, unitSource: undefined, isPipe: true };
  const given = { path, bytes };
  const loaded = await loadConfig(path, environment, undefined, { ...reader, given });
  return { loaded: await withKeptName(loaded), place };
}

async function subjectOf(
  options: CheckOptions,
  loaded: Loaded,
  isDenied: boolean,
  terminal: Terminal,
): Promise<Subject | undefined> {
  const { keyFile } = options;
  if (keyFile !== undefined) {
    return await keyFromFile(keyFile, terminal);
  }
  if (loaded.verdict === "invalid") {
    return undefined;
  }
  const key = loaded.verdict === "usable" ? loaded.key : undefined;
  return { source: loaded.keySource, key, findings: loaded.findings, isDenied };
}

function configurationLines(loaded: Loaded, isDenied: boolean): readonly CheckLine[] {
  if (loaded.verdict !== "invalid") {
    const { agent, controlPlane } = loaded.config;
    const text = `${printable(loaded.path, 4096)} is valid: executor ${printable(agent.name)} for ${printable(controlPlane.url)}.`;
    return [{ verdict: "ok", text }, ...commonNameLines(agent)];
  }
  return loaded.issues.map((issue) => {
    const isUnknown = (issue.code === "unreadable" && isDenied) || issue.code === "no-credentials-directory";
    return issueLine(issue, isUnknown ? "unknown" : "bad");
  });
}

function keyLines({ source, key, findings, isDenied }: Subject): readonly CheckLine[] {
  const lines = findings.map((finding) => findingLine(source, finding, isDenied));
  if (key === undefined) {
    return lines;
  }
  const text = `${printable(source, 4096)}: ${key} ${lines.length === 0 ? "looks right" : "is usable despite the warning"}.`;
  return [...lines, { verdict: "ok", text }];
}

function placeLines({ path, unitSource }: Place): readonly CheckLine[] {
  if (unitSource === undefined) {
    return [];
  }
  const text = `The service of this host uses ${printable(path, 4096)} (${printable(unitSource, 4096)}).`;
  return [{ verdict: "ok", text }];
}

async function serviceLines(loaded: Loaded, { path, isPipe }: Place): Promise<readonly CheckLine[]> {
  const files = ownFiles(loaded).filter((file) => !isPipe || file !== path);
  const unreadable = await unreadableForService(files);
  return unreadable.map(({ file, problem, remedy }) => ({
    verdict: "bad",
    text: `${printable(file, 4096)}: ${problem}. ${remedyText(remedy)}`,
  }));
}

async function ask(
  loaded: Loaded,
  subject: Subject | undefined,
  around: Pick<KeyQuestion, "route" | "environment">,
  signal: AbortSignal,
): Promise<KeyVerdict | undefined> {
  if (loaded.verdict === "invalid" || subject?.key === undefined) {
    return undefined;
  }
  const { config, lines, path } = loaded;
  const { key, source, findings } = subject;
  return await askControlPlane(
    { config, key, keySource: source, findings, lines, path, isMove: false, ...around },
    signal,
  );
}

function onlineLine(loaded: Loaded, verdict: KeyVerdict | undefined): CheckLine {
  const host = loaded.config === undefined ? "The control plane" : hostOf(loaded.config.controlPlane.url);
  switch (verdict?.kind) {
    case undefined:
      return { verdict: "unknown", text: `${host} was not asked: there is no usable key.` };
    case "accepted":
      return { verdict: "ok", text: `${host} accepts the key: ${describeReply(verdict.reply)}.` };
    case "refused":
      return { verdict: "bad", text: `${verdict.why}. ${verdict.remedy}` };
    case "unreachable":
      return {
        verdict: "unknown",
        text: `${host} gave no verdict on the key: ${verdict.why}. ${verdict.remedy}`,
      };
  }
}

/**
 * The key as the control plane knows it: `prod 260601 (k_7d…), organization Acme, valid until
 * 2026-12-01 12:00:00 UTC, in 12 d`.
 */
export function describeReply({ key, organization }: CurrentKeyReply): string {
  const endsAt = endOfKey(key);
  const end = endsAt === undefined ? "never expires" : `valid until ${ending(endsAt, Date.now())}`;
  return `${printable(key.name, 40)} (${printable(key.id, 64)}), organization ${printable(organization.name)}, ${end}`;
}

function inWords<Item extends { readonly remedy: Remedy }>(
  item: Item,
): Omit<Item, "remedy"> & { remedy: string } {
  return { ...item, remedy: remedyText(item.remedy) };
}

function reportedKey({ source, key, findings }: Subject): CheckReport["key"] {
  return { source, fingerprint: key?.fingerprint ?? null, findings: findings.map(inWords) };
}

function reportedAnswer(url: string, verdict: KeyVerdict | undefined): CheckReport["controlPlane"] {
  if (verdict === undefined) {
    return null;
  }
  const reply = verdict.kind === "accepted" ? verdict.reply : undefined;
  const endsAt = reply === undefined ? undefined : endOfKey(reply.key);
  return {
    url,
    outcome: verdict.kind,
    reason: verdict.kind === "accepted" ? null : `${verdict.why}. ${verdict.remedy}`,
    keyId: reply?.key.id ?? null,
    keyName: reply?.key.name ?? null,
    endsAt: endsAt === undefined ? null : new Date(endsAt).toISOString(),
    organization: reply?.organization.name ?? null,
  };
}
