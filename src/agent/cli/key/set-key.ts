import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { neededInTime } from "../../../lib/files/file-answer.ts";
import { printable } from "../../../lib/printable.ts";
import { remedyText } from "../../../lib/text/remedy.ts";
import { formatIssue } from "../../config/issue/config-issue.ts";
import type { Loaded } from "../../config/load-config.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import type { KeyFinding } from "../../key/finding.ts";
import { type AgentPlace, findAgent } from "../host/agent-place.ts";
import { askAgent } from "../host/agent-socket.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { askControlPlane, commandRoute, type KeyVerdict } from "./ask-control-plane.ts";
import { describeReply } from "./check.ts";
import { confirmKey } from "./confirm-key.ts";
import { credentialTarget } from "./credential-target.ts";
import { type HandedKey, keyFromPerson } from "./key-input.ts";
import { assertWritable, keyTarget } from "./key-target.ts";
import { allowNewOrganization } from "./new-organization.ts";
import { restartForKey } from "./restart-for-key.ts";

export interface SetKeyOptions extends ConfigOptions {
  readonly force?: boolean;
  readonly newOrganization?: boolean;
  /** Restart the service without asking, if the key is a systemd credential. */
  readonly restart?: boolean;
  readonly wait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

type Configured = Exclude<Loaded, { verdict: "invalid" }>;

const NOTHING_WRITTEN = "Nothing was written.";
/** Findings about the file, not about the key: writing the same key again fixes them. */
const UNTIDY: ReadonlySet<string> = new Set(["leading-whitespace", "trailing-whitespace"]);

/** Diagnoses and tries a new key, writes it where the configuration says, and confirms its use. */
export async function setKey(options: SetKeyOptions, terminal: Terminal): Promise<number> {
  const place = await findAgent(options, terminal.environment);
  const { loaded } = place;
  if (loaded.verdict === "invalid") {
    for (const issue of loaded.issues) {
      complain(terminal, formatIssue(issue));
    }
    return giveUp(
      "",
      ExitCode.bad,
      terminal,
      `Correct ${printable(loaded.path, 4096)}, then run set-key again.`,
    );
  }
  const { credential } = loaded.config.controlPlane;
  // Before the key is asked for: a key that cannot be written would be lost.
  const source = credential === undefined ? undefined : await credentialTarget(credential);
  const file = source ?? loaded.config.controlPlane.accessTokenFile ?? loaded.path;
  await neededInTime(file, () => assertWritable(file));
  const handed = await keyFromPerson(terminal);
  if (handed === undefined) {
    return giveUp("Cancelled.", ExitCode.bad, terminal);
  }
  if (handed.key === undefined) {
    sayFindings(handed, terminal);
    return giveUp("", ExitCode.bad, terminal);
  }
  // From here on, Ctrl-C stops the command only between steps, so no temporary file stays behind.
  return await install({ ...place, loaded, source, file }, { ...handed, key: handed.key }, options, terminal);
}

async function install(
  place: AgentPlace & {
    readonly loaded: Configured;
    readonly source: string | undefined;
    readonly file: string;
  },
  handed: HandedKey & { readonly key: ExecutorKey },
  options: SetKeyOptions,
  terminal: Terminal,
): Promise<number> {
  const signal = shutdownSignal();
  const { environment } = terminal;
  const { loaded, source, file } = place;
  const { key, findings } = handed;
  const target = await neededInTime(file, () => keyTarget(loaded, key, source));
  const isMove = options.newOrganization === true;
  const route = commandRoute("Run set-key again");
  const verdict = await askControlPlane({ ...loaded, key, findings, route, isMove, environment }, signal);
  if (signal.aborted) {
    return giveUp("Interrupted.", ExitCode.bad, terminal);
  }
  // A refusal explains an unusual length itself.
  const isOpen = ({ code }: KeyFinding) => verdict.kind !== "refused" || code !== "unusual-length";
  sayFindings({ ...handed, findings: findings.filter(isOpen) }, terminal);
  const obstacle = sayVerdict(verdict, key, options, terminal);
  if (obstacle !== undefined) {
    return obstacle;
  }
  const running = await askAgent(place.runtimeDir, "GET /status", 0, signal);
  if (isMove) {
    await allowNewOrganization(place, running, signal);
  }
  if (isInPlace(loaded, key)) {
    print(terminal, `${printable(target.path, 4096)} already contains this key.`);
  } else {
    await neededInTime(target.path, () => target.write());
    print(terminal, `Written to ${printable(target.path, 4096)}.`);
  }
  const wasTried = verdict.kind === "accepted";
  const waitMs = options.wait ? options.timeout : 0;
  const placed = { place, key, running, wasTried, waitMs };
  return source === undefined
    ? await confirmKey(placed, terminal, signal)
    : await restartForKey(placed, options.restart === true, terminal, signal);
}

function sayFindings({ findings, source }: HandedKey, terminal: Terminal): void {
  for (const { problem, remedy } of findings) {
    complain(terminal, `The key from ${source} ${problem}. ${remedyText(remedy)}`);
  }
}

/** Prints the control plane's verdict. Returns the exit code if the key must not be written. */
function sayVerdict(
  verdict: KeyVerdict,
  key: ExecutorKey,
  { force }: SetKeyOptions,
  terminal: Terminal,
): ExitCode | undefined {
  if (verdict.kind === "accepted") {
    print(terminal, `The control plane accepts ${key}: ${describeReply(verdict.reply)}.`);
    return undefined;
  }
  const { why, remedy } = verdict;
  if (verdict.kind === "refused") {
    return giveUp(`${why}.`, ExitCode.bad, terminal, remedy);
  }
  const untried = `The new ${key} could not be tried: ${why}.`;
  if (force !== true) {
    const fix = `${remedy}\nTo write it untried, add --force.`;
    return giveUp(untried, ExitCode.couldNotTell, terminal, fix);
  }
  complain(terminal, `${untried} ${remedy}`);
  return undefined;
}

function isInPlace(loaded: Configured, key: ExecutorKey): boolean {
  if (loaded.verdict !== "usable" || !loaded.key.equals(key)) {
    return false;
  }
  return !loaded.findings.some((finding) => UNTIDY.has(finding.code));
}

function giveUp(why: string, code: ExitCode, terminal: Terminal, fix?: string): ExitCode {
  complain(terminal, why === "" ? NOTHING_WRITTEN : `${why} ${NOTHING_WRITTEN}`);
  if (fix !== undefined) {
    complain(terminal, `Fix: ${fix}`);
  }
  return code;
}
