import { existsSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { narrowFolders } from "../../../lib/files/folder-entry.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { step } from "../../../lib/text/remedy.ts";
import { type Loaded, ownFiles } from "../../config/load-config.ts";
import { withSuspects } from "../../doctor/check-changes.ts";
import { checkEnvironment } from "../../doctor/check-environment.ts";
import type { Obstacle } from "../../doctor/check-files.ts";
import { checkManual } from "../../doctor/check-manual.ts";
import { checkPlaces } from "../../doctor/check-places.ts";
import { checkStarts } from "../../doctor/check-starts.ts";
import { checkUnit } from "../../doctor/check-unit.ts";
import { checkUnitChanges, type UnitChanges } from "../../doctor/check-unit-changes.ts";
import type { Check } from "../../doctor/examination.ts";
import { isInHosts } from "../../sync/network/hosts-file.ts";
import { readNameSettings } from "../../sync/network/name-settings.ts";
import { recentStarts } from "../../systemd/recent-starts.ts";
import { isInstalled } from "../../systemd/service/service-facts.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";
import type { AgentFolders } from "../host/agent-place.ts";
import { lockOf } from "../host/denied-write.ts";
import { hiddenFiles } from "../host/hidden-files.ts";
import { unreadableForService } from "../host/service-identity.ts";
import { placeFacts } from "./place-facts.ts";
import { startFacts } from "./start-facts.ts";
import type { Subject } from "./subject.ts";

/** What keeps the user of the service from its files. */
export async function obstacles(
  loaded: Loaded,
  { service, environment }: Subject,
): Promise<readonly Obstacle[]> {
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
export async function lockChecks(loaded: Loaded): Promise<readonly Check[]> {
  const lock = loaded.verdict === "invalid" ? undefined : await lockOf(loaded.path);
  return lock === undefined
    ? []
    : [
        {
          stage: "mode",
          status: "warning",
          detail: `nobody can change ${printable(loaded.path, 4096)}: ${lock.why}`,
          remedy: [step("Before its next change, run:", lock.fix)],
        },
      ];
}

/** The agent is well with such a folder, and no other program of this host is. */
export function narrowChecks({ path }: Pick<Loaded, "path">): readonly Check[] {
  const modeOf = (folder: string) => statSync(folder, { throwIfNoEntry: false })?.mode;
  return narrowFolders(path, modeOf).map((folder) => ({
    stage: "mode",
    status: "warning",
    detail: `${folder} is open to its group alone, so most users and services of this host cannot enter it`,
    remedy: [step("Run:", asRoot(`chmod 755 ${folder}`))],
  }));
}

/** The files by which names are looked up. */
const NAME_FILES = ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"] as const;

/** Root looks names up with all of these files, and the service with those that it may read. */
export async function nameFileChecks({ config }: Pick<Loaded, "config">): Promise<readonly Check[]> {
  const closed = await unreadableForService(NAME_FILES);
  if (closed.length === 0) {
    return [];
  }
  const host = new URL(config?.controlPlane.url ?? "https://127.0.0.1").hostname;
  const isName = isIP(host.replace(/^\[|\]$/gu, "")) === 0;
  const isListed = isInHosts((await readNameSettings()).hosts, host);
  return closed.map(({ file, problem }): Check => {
    const isNeeded = isName && (file === "/etc/hosts" ? isListed : file === "/etc/resolv.conf" && !isListed);
    return {
      stage: "mode",
      status: isNeeded ? "bad" : "warning",
      detail: `${problem}, so it looks names up without that file`,
      remedy: [step("Run:", asRoot(`chmod a+r ${file}`))],
    };
  });
}

/** Whether the service can start, and has what it needs. */
export async function serviceChecks(
  { service, facts }: Subject,
  loaded: Loaded,
  { dataDir, runtimeDir }: AgentFolders,
  changes: UnitChanges,
): Promise<readonly Check[]> {
  if (service !== undefined) {
    const line = loaded.verdict === "invalid" ? undefined : loaded.lines.get("agent.data_dir");
    const variable = service.environment.sources.get("STATE_DIRECTORY") ?? "";
    const byUnit = variable.startsWith("/") ? `STATE_DIRECTORY in ${printable(variable, 400)}` : undefined;
    const source = line === undefined ? byUnit : `${printable(loaded.path, 4096)} line ${line}`;
    const places = await placeFacts(service, loaded, { runtimeDir, dataDir: { path: dataDir, source } });
    const unit = checkUnit(service.facts, service.changed, await startFacts(service));
    const inPlaces = suspectedPlaces(checkPlaces(places), service.changed, unit);
    return [
      ...checkManual(service.facts, service.changed),
      ...inPlaces,
      ...afterPlaces(unit, inPlaces),
      ...(service.facts.ActiveState === "active"
        ? checkStarts(await recentStarts(), Date.now(), service.changed)
        : []),
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

/** What the service lacks, with the lines of this host that ask for it. */
export function suspectedPlaces(
  places: readonly Check[],
  changed: readonly Assignment[],
  unit: readonly Check[],
): readonly Check[] {
  const isDown = unit.some(({ status }) => status === "bad");
  return places.map((check) => {
    const suspected = withSuspects(check, changed);
    return suspected === check ? check : { ...suspected, isOfOwnLine: isDown };
  });
}

/** A service that cannot start for want of a place has one remedy: that of the place. */
export function afterPlaces(unit: readonly Check[], places: readonly Check[]): readonly Check[] {
  return places.some(({ status }) => status === "bad")
    ? unit.map((check) =>
        check.status === "bad" ? { ...check, remedy: "What is bad above (unit) comes first." } : check,
      )
    : unit;
}

const OTHER_FILE: Check = {
  stage: "unit",
  status: "warning",
  detail: "the service of this host uses another agent.toml, and is not judged here",
  remedy: [step("To judge it, run:", asRoot("novacula-agent doctor"))],
};
