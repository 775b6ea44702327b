import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { errorCode, OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

const LONGEST_MS = 120_000;
/** For a question, which systemd answers at once, or not at all. */
const LONGEST_ANSWER_MS = 15_000;

/**
 * Runs systemctl on this process's terminal, where it may ask for a password. Resolves with its
 * exit status.
 */
export async function systemctl(...args: readonly string[]): Promise<number> {
  const child = spawn("systemctl", [...args], { stdio: "inherit" });
  try {
    const [exitCode] = await once(child, "exit");
    return typeof exitCode === "number" ? exitCode : 1;
  } catch (error) {
    throw notThere("systemctl", error);
  }
}

/** Clears a failed state and the count of starts; does nothing for a unit that does not exist. */
export async function forgetStarts(unit: string): Promise<void> {
  await captured("systemctl", ["reset-failed", unit]);
}

/** Runs a tool of the host. Rejects with what it printed if it fails. */
export async function runHostTool(tool: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await captured(tool, args);
  if (exitCode !== 0) {
    throw new OperatorError(`${tool} failed (${exitCode}): ${printable(stderr)}`);
  }
}

/** The units with names like `patterns` that are not at rest. */
export async function listedUnits(patterns: readonly string[]): Promise<readonly string[]> {
  const states = "--state=active,activating,deactivating,reloading";
  const { stdout } = await captured("systemctl", [
    "list-units",
    "--plain",
    "--no-legend",
    states,
    ...patterns,
  ]);
  return stdout.split("\n").flatMap((line) => line.split(" ", 1).filter(Boolean));
}

/** What systemctl prints; undefined if it fails, or if this host has none. */
export async function systemctlOutput(args: readonly string[]): Promise<string | undefined> {
  const answer = await captured("systemctl", ["--no-pager", ...args], LONGEST_ANSWER_MS).catch(
    () => undefined,
  );
  return answer?.exitCode === 0 ? answer.stdout : undefined;
}

/** What journalctl prints; undefined if it fails, or if this host has none. */
export async function journalOutput(args: readonly string[]): Promise<string | undefined> {
  const answer = await captured("journalctl", ["--no-pager", "--quiet", ...args], LONGEST_ANSWER_MS).catch(
    () => undefined,
  );
  return answer?.exitCode === 0 ? answer.stdout : undefined;
}

/** What systemd says of a unit that it cannot use, as a clause; undefined: nothing known. */
export async function unitComplaint(unit: string): Promise<string | undefined> {
  const args = ["verify", "--man=no", unit];
  const answer = await captured("systemd-analyze", args, LONGEST_ANSWER_MS).catch(() => undefined);
  return answer === undefined ? undefined : complaintIn(answer.stderr, unit);
}

/** Of the lines of systemd-analyze(1) about `unit`, the one that says why systemd refuses it. */
export function complaintIn(output: string, unit: string): string | undefined {
  const lines = output
    .split("\n")
    .filter((line) => line.includes(unit) && !line.includes("has a bad unit file setting"));
  const line = lines.find((each) => each.endsWith("Refusing.")) ?? lines.at(-1);
  const clause = line?.replace(`${unit}: `, "").replace(/[.,]?(?: Refusing\.)?$/u, "");
  return clause === undefined ? undefined : printable(clause, 400);
}

/** 257 of `systemd 257 (257.9-1~deb13u1)`; 0 if systemctl does not say. */
export async function systemdVersion(): Promise<number> {
  return Number(/^systemd (\d+)/u.exec((await systemctlOutput(["--version"])) ?? "")?.[1] ?? 0);
}

/** Properties of a unit, as `systemctl show` prints them; undefined if systemd does not answer. */
export async function unitProperties<Name extends string>(
  unit: string,
  names: readonly Name[],
): Promise<Readonly<Record<Name, string>> | undefined> {
  const { exitCode, stdout } = await captured("systemctl", ["show", unit, `--property=${names.join(",")}`]);
  if (exitCode !== 0) {
    return undefined;
  }
  const values = new Map<string, string>();
  for (const line of stdout.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) {
      values.set(line.slice(0, equals), line.slice(equals + 1));
    }
  }
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    found[name] = values.get(name) ?? "";
  }
  return isComplete(found, names) ? found : undefined;
}

function isComplete<Name extends string>(
  record: Partial<Record<Name, string>>,
  names: readonly Name[],
): record is Record<Name, string> {
  return names.every((name) => record[name] !== undefined);
}

interface Captured {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function captured(tool: string, args: readonly string[], timeout = LONGEST_MS): Promise<Captured> {
  return new Promise((resolve, reject) => {
    execFile(tool, [...args], { timeout }, (error, stdout, stderr) => {
      if (error !== null && errorCode(error) === "ENOENT") {
        return reject(notThere(tool, error));
      }
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ exitCode, stdout, stderr });
    });
  });
}

function notThere(tool: string, error: unknown): OperatorError {
  if (errorCode(error) !== "ENOENT") {
    return new OperatorError(`cannot run ${tool}`, { cause: error });
  }
  return new OperatorError(
    `this host has no ${tool}: without systemd, have your own service manager run \`novacula-agent run\``,
  );
}
