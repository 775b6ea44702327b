import { existsSync } from "node:fs";
import { glob } from "node:fs/promises";
import { resolve } from "node:path";
import { readBoundedFile } from "../../config/file/read-file.ts";
import { configPath } from "../../config/load-config.ts";
import { changedSettings } from "../../systemd/service/changed-settings.ts";
import { managerFiles } from "../../systemd/service/manager-files.ts";
import { type ServiceEnvironment, serviceEnvironment } from "../../systemd/service/service-environment.ts";
import { configArgument, type ServiceFacts } from "../../systemd/service/service-facts.ts";
import { copyEntry, unitDifference } from "../../systemd/service/unit-difference.ts";
import { type Assignment, assignmentsOf, inForce } from "../../systemd/service/unit-files.ts";
import { PACKAGED_UNITS, SERVICE } from "../../systemd/service-unit.ts";
import { systemctlOutput } from "../../systemd/systemctl.ts";

/** The installed service as systemd would start it now. */
export interface ServiceView {
  readonly facts: ServiceFacts;
  readonly environment: ServiceEnvironment;
  /** The absolute path of its agent.toml. */
  readonly configPath: string;
  /** What names that path: `ExecStart= in FILE line 3`. Undefined: it is the default path. */
  readonly configSource: string | undefined;
  /** The line that names its program. Undefined: it could not be read. */
  readonly start: Assignment | undefined;
  /** The absolute paths of its unit, its drop-ins and its files of `EnvironmentFile=`. */
  readonly files: readonly string[];
  /** The settings that the shipped unit does not have. */
  readonly changed: readonly Assignment[];
  /** The line of systemd's own settings that limits the open files of each service. */
  readonly openFiles?: Assignment | undefined;
  /** Files of `EnvironmentFile=` that the start needs and that could not be read. */
  readonly unread: readonly UnreadFile[];
}

export interface UnreadFile {
  readonly path: string;
  /** Where the unit names it: `FILE line 2`; undefined if that is not known. */
  readonly source: string | undefined;
  /** The end of a sentence about the file. */
  readonly problem: string;
  readonly isMissing: boolean;
}

/** The view of a service that is installed. */
export async function viewOf(facts: ServiceFacts): Promise<ServiceView> {
  const unitFiles = [facts.FragmentPath, ...facts.DropInPaths].filter((path) => path !== "");
  const assignments = await readAssignments(unitFiles);
  const { files, unread } = await readEnvironmentFiles(facts, assignments);
  const managerAssignments = await readAssignments(await managerFiles());
  const manager = (await systemctlOutput(["show-environment"])) ?? "";
  const environment = serviceEnvironment({
    facts,
    assignments,
    manager,
    managerAssignments,
    files,
  });
  const flag = configArgument(facts);
  return {
    facts,
    environment,
    files: [...unitFiles, ...files.map(({ path }) => path)],
    unread,
    openFiles: inForce(managerAssignments, "Manager", "DefaultLimitNOFILE").at(-1),
    changed: withCopy(assignments, facts.FragmentPath),
    configPath: pathOf(flag, environment, facts),
    configSource: sourceOfPath(flag, environment, assignments),
    start: startIn(assignments),
  };
}

/** The folders of systemd.unit(5) in which a unit counts more than that of the package. */
const OVER_PACKAGES = /^\/(?:etc|run|usr\/local\/lib)\/systemd\/system\//u;

/** What this host has changed; first that it has a whole unit, if that hides the package's. */
function withCopy(assignments: readonly Assignment[], unit: string): readonly Assignment[] {
  const changed = changedSettings(assignments);
  const packaged = OVER_PACKAGES.test(unit) ? PACKAGED_UNITS.find((path) => existsSync(path)) : undefined;
  const ofUnit = (one: Assignment) => one.file === unit;
  const difference =
    packaged === undefined ? undefined : unitDifference(assignments.filter(ofUnit), packaged);
  return difference === undefined
    ? changed
    : [
        copyEntry(unit, difference),
        ...changed.map((one) => (ofUnit(one) ? { ...one, isOfCopy: true } : one)),
      ];
}

/** A relative path counts from the folder of the service, not from that of this command. */
function pathOf(flag: string | undefined, { variables }: ServiceEnvironment, facts: ServiceFacts): string {
  const folder = facts.WorkingDirectory.startsWith("/") ? facts.WorkingDirectory : "/";
  const { NOVACULA_CONFIG: variable } = variables;
  const written = flag || variable;
  return configPath(written && resolve(folder, written), {});
}

function sourceOfPath(
  flag: string | undefined,
  { sources }: ServiceEnvironment,
  assignments: readonly Assignment[],
): string | undefined {
  if (flag !== undefined) {
    const start = startIn(assignments);
    return start === undefined
      ? `ExecStart= of ${SERVICE}`
      : `ExecStart= in ${start.file} line ${start.line}`;
  }
  const variable = sources.get("NOVACULA_CONFIG");
  return variable === undefined ? undefined : `NOVACULA_CONFIG in ${variable}`;
}

function startIn(assignments: readonly Assignment[]): Assignment | undefined {
  return inForce(assignments, "Service", "ExecStart").at(-1);
}

/** A file that cannot be read only costs the names of places. */
export async function readAssignments(paths: readonly string[]): Promise<readonly Assignment[]> {
  const all: Assignment[] = [];
  for (const path of paths) {
    const text = await textOf(path);
    all.push(...(typeof text === "string" ? assignmentsOf(text, path) : []));
  }
  return all;
}

async function readEnvironmentFiles(facts: ServiceFacts, assignments: readonly Assignment[]) {
  const files: { readonly path: string; readonly text: string }[] = [];
  const unread: UnreadFile[] = [];
  for (const line of facts.EnvironmentFiles) {
    const [, pattern = line, isOptional = "no"] = /^(.*) \(ignore_errors=(yes|no)\)$/u.exec(line) ?? [];
    for (const path of await matching(pattern)) {
      const text = await textOf(path);
      if (typeof text === "string") {
        files.push({ path, text });
      } else if (!text.isMissing || isOptional === "no") {
        const named = inForce(assignments, "Service", "EnvironmentFile");
        const place = named.findLast(({ value }) => value.replace(/^-/u, "") === pattern);
        unread.push({ path, source: place && `${place.file} line ${place.line}`, ...text });
      }
    }
  }
  return { files, unread };
}

async function matching(pattern: string): Promise<readonly string[]> {
  if (!/[*?[]/u.test(pattern)) {
    return [pattern];
  }
  return (await Array.fromAsync(glob(pattern))).sort();
}

async function textOf(path: string): Promise<string | Pick<UnreadFile, "problem" | "isMissing">> {
  const read = await readBoundedFile(path);
  return read.kind === "read"
    ? Buffer.from(read.bytes).toString("utf8")
    : { problem: read.problem, isMissing: read.code === "ENOENT" };
}
