import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import * as z from "zod";
import { inTime } from "../../../lib/files/file-answer.ts";
import { bare, isName } from "../../doctor/local/local-address.ts";
import { type LocalControlPlane, listeningSettings } from "../../doctor/local/local-control-plane.ts";
import { unusableWords } from "../../doctor/local/local-start.ts";
import { type ControlPlaneWords, controlPlaneWords } from "../../systemd/control-plane-words.ts";
import { listeningSocket } from "../../systemd/listening-socket.ts";
import { settingsBeside } from "../../systemd/service/changed-settings.ts";
import { environmentFile } from "../../systemd/service/environment-file.ts";
import { databaseText } from "../../systemd/service/process-facts.ts";
import { quotedWords } from "../../systemd/service/quoted-words.ts";
import { type Assignment, inForce } from "../../systemd/service/unit-files.ts";
import { type Patience, settledUnit } from "../../systemd/settled-unit.ts";
import { parseUnits } from "../../systemd/show-units.ts";
import { isStoppedProcess } from "../../systemd/stopped-process.ts";
import { systemctlOutput, unitComplaint } from "../../systemd/systemctl.ts";
import {
  failedCommand,
  START_COMMANDS,
  type StartCommands,
  startCommandsIn,
  withWords,
} from "../../systemd/unit/failed-command.ts";
import { readAssignments } from "../host/service-view.ts";
import { closedToReader } from "../host/user/closed-places.ts";
import { unitUser } from "../host/user/identity.ts";

const UNIT = "novacula-control-plane.service";
const ENVIRONMENT_FILE = "/etc/default/novacula-control-plane";

const count = z
  .string()
  .regex(/^\d{1,20}$/u)
  .transform(Number)
  .catch(0);
const unitSchema = z.object({
  LoadState: z.string(),
  ActiveState: z.string(),
  SubState: z.string(),
  Result: z.string(),
  StatusText: z.string().catch(""),
  Environment: z.string().catch(""),
  MainPID: count,
  NRestarts: count,
  ExecMainCode: count,
  ExecMainStatus: count,
  FragmentPath: z.string().catch(""),
  DropInPaths: z.string().catch(""),
  ExecMainStartTimestamp: z.string().catch(""),
  ExecMainStartTimestampMonotonic: count,
  User: z.string().catch(""),
  Group: z.string().catch(""),
  SupplementaryGroups: z.string().catch(""),
});

/** What a name means. */
export interface Addresses {
  readonly all: readonly string[];
  /** For people, with lines of /etc/hosts; undefined: it could not be looked up. */
  readonly shown: string | undefined;
}

/**
 * The control plane that is installed here; undefined: none is. If it `isSilent`, this waits for a
 * start that goes on, and reads what it said if that failed.
 *
 * @param addressesOf looks a name up, for people
 */
export async function localControlPlane(
  patience: Patience,
  isSilent: boolean,
  addressesOf: (name: string) => Promise<Addresses>,
): Promise<LocalControlPlane | undefined> {
  const unit = isSilent ? await settledUnit(readUnit, patience) : await readUnit();
  if (unit === undefined || !["loaded", "masked", "bad-setting"].includes(unit.LoadState)) {
    return undefined;
  }
  const served = /\b(?:Serving|Listening on) (https?:\/\/[^\s;]+)/u.exec(unit.StatusText)?.[1];
  const url = unit.ActiveState === "active" && served !== undefined ? URL.parse(served) : null;
  const unusable =
    isSilent && unit.LoadState === "bad-setting" && unit.ActiveState !== "active"
      ? await unusableIn(unit)
      : undefined;
  const isFailing = isSilent && ["failed", "activating"].includes(unit.ActiveState);
  const named = url !== null && isName(url) ? await addressesOf(url.hostname) : undefined;
  const text = await readFile(ENVIRONMENT_FILE, "utf8").catch(() => "");
  const failed = isFailing && unit.Result !== "success" ? failedCommand(unit.commands) : undefined;
  const environ = await readFile(`/proc/${unit.MainPID}/environ`, "utf8").catch(() => "");
  const certPath = settingOf("TLS_CERT", environ, text);
  const database = databaseOf(environ, unit.Environment, text);
  return {
    mainPid: unit.MainPID,
    certPath,
    isCertInFile: certPath !== undefined && certPath === inFile("TLS_CERT", text),
    ...database,
    managementSocket: managementSocketOf(settingOf("MANAGEMENT_SOCKET", environ, text), database.database),
    isKeyless: unit.ActiveState === "active" && KEYLESS.test(unit.StatusText),
    isStopped: await isStoppedProcess(unit.MainPID),
    active: unusable === undefined ? unit.ActiveState : "failed",
    isRestarting: unit.SubState === "auto-restart",
    restarts: unit.NRestarts,
    result: unit.Result,
    end: { isBySignal: SIGNAL_CODES.has(unit.ExecMainCode), status: unit.ExecMainStatus },
    changed: isFailing ? await changedIn(unit) : [],
    closed: isFailing ? await closedFiles(unit, [certPath, settingOf("TLS_KEY", environ, text)]) : [],
    command: failed && (await withWords(failed)),
    // Before its program ran, it said nothing.
    words:
      unusable ?? (isFailing && !failed ? await controlPlaneWords(unit.ExecMainStartTimestamp) : undefined),
    isMasked: unit.LoadState === "masked",
    url: url?.origin,
    address: named?.shown,
    addresses: named?.all ?? (url === null ? [] : [bare(url)]),
    settings: listeningSettings(text),
    hostLine: environmentFile(text).variables.findLast(({ name }) => name === "HOST")?.line,
    socket: url === null ? undefined : await listeningSocket(),
  };
}

/** CLD_KILLED and CLD_DUMPED of waitid(2). */
const SIGNAL_CODES: ReadonlySet<number> = new Set([2, 3]);
const OF_PACKAGES = /^(?:\/usr)?\/lib\//u;

/** What drop-ins of this host add to the unit, also those for all services (`service.d`). */
async function changedIn(unit: Pick<Unit, "FragmentPath" | "DropInPaths">): Promise<readonly Assignment[]> {
  const assignments = await assignmentsIn(unit);
  const isShipped = ({ file }: Assignment) => file === unit.FragmentPath || OF_PACKAGES.test(file);
  return settingsBeside(assignments, assignments.filter(isShipped));
}

function assignmentsIn({
  FragmentPath,
  DropInPaths,
}: Pick<Unit, "FragmentPath" | "DropInPaths">): Promise<readonly Assignment[]> {
  return readAssignments([FragmentPath, ...quotedWords(DropInPaths)].filter((path) => path !== ""));
}

/** systemd has read the unit, and refuses it. */
async function unusableIn(unit: Unit): Promise<ControlPlaneWords | undefined> {
  const complaint = await unitComplaint(UNIT);
  const start = inForce(await assignmentsIn(unit), "Service", "ExecStart").at(-1);
  return complaint === undefined ? undefined : unusableWords(complaint, await changedIn(unit), start);
}

/** Its line in `systemctl status`. */
const KEYLESS = /; no key exists yet$/u;

/** As its process has it, which only root and its user may read, or as its file says. */
function settingOf(name: string, environ: string, text: string): string | undefined {
  return inEnviron(environ, name) ?? inFile(name, text);
}

function inEnviron(environ: string, name: string): string | undefined {
  const entry = environ.split("\0").find((each) => each.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

function inFile(name: string, text: string): string | undefined {
  return environmentFile(text).variables.findLast((variable) => variable.name === name)?.value;
}

/**
 * The commands that open all that keeps its user from reading these files. Only root can see them:
 * its own process sees the first folder that is closed, and nothing in it.
 */
async function closedFiles(
  { User, Group, SupplementaryGroups }: Readonly<Record<"User" | "Group" | "SupplementaryGroups", string>>,
  paths: readonly (string | undefined)[],
): Promise<readonly string[]> {
  const user = unitUser({ User, Group, SupplementaryGroups: quotedWords(SupplementaryGroups) });
  if (user === undefined || process.geteuid?.() !== 0) {
    return [];
  }
  const found: string[] = [];
  for (const path of paths) {
    const isPath = path?.startsWith("/") === true;
    const closed = isPath
      ? await inTime(path, () => closedToReader(user, path)).catch(() => undefined)
      : undefined;
    if (closed?.keptShut !== undefined) {
      return [];
    }
    found.push(...(closed?.commands ?? []));
  }
  return [...new Set(found)];
}

/** As its process has it, or else its file, which counts more than its unit: systemd.exec(5). */
function databaseOf(
  environ: string,
  environment: string,
  text: string,
): Pick<LocalControlPlane, "database" | "databaseSource"> {
  const name = "DATABASE_URL";
  const inUnit = quotedWords(environment)
    .findLast((word) => word.startsWith(`${name}=`))
    ?.slice(name.length + 1);
  const written = inFile(name, text);
  const isUsual = environ !== "" && inEnviron(environ, name) === undefined;
  const value = inEnviron(environ, name) ?? (isUsual ? "" : (written ?? inUnit ?? ""));
  const source = value === written ? ENVIRONMENT_FILE : value === inUnit ? "the unit" : undefined;
  return { database: databaseText(value), databaseSource: source };
}

const STATE_FOLDER = "/var/lib/novacula-control-plane";

/** Where the program of the control plane itself looks for it. */
function managementSocketOf(setting: string | undefined, database: string | undefined): string | undefined {
  const beside = database?.startsWith("/") === true ? dirname(database) : STATE_FOLDER;
  const path = setting || join(beside, "management.sock");
  return isAbsolute(path) ? path : undefined;
}

interface Unit extends z.output<typeof unitSchema> {
  readonly commands: StartCommands;
}

async function readUnit(): Promise<Unit | undefined> {
  const properties = ["Id", ...Object.keys(unitSchema.shape), ...START_COMMANDS].join(",");
  const text = await systemctlOutput(["show", UNIT, "--timestamp=unix", `--property=${properties}`]);
  const shown = text === undefined ? undefined : [...parseUnits(text.trim()).values()][0];
  const unit = unitSchema.safeParse(Object.fromEntries(shown ?? [])).data;
  return unit && { ...unit, commands: startCommandsIn(text ?? "") };
}
