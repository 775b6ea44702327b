import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { inTime } from "../../../lib/files/file-answer.ts";
import { hiddenIn } from "../../../lib/files/hidden-folders.ts";
import { programOf, type StartFacts, startFolder } from "../../doctor/start-failure.ts";
import { lastWords } from "../../systemd/last-words.ts";
import { relatedUnits } from "../../systemd/service/related-units.ts";
import { hiddenFolders } from "../../systemd/service/sandbox.ts";
import type { ServiceFacts } from "../../systemd/service/service-facts.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { unitComplaint } from "../../systemd/systemctl.ts";
import { failedCommand, withWords } from "../../systemd/unit/failed-command.ts";
import type { ServiceView } from "../host/service-view.ts";
import { closedToVisitor } from "../host/user/closed-places.ts";
import { unitUser } from "../host/user/identity.ts";

/** Looks whether what the last start lacked is there now: systemd only remembers the failure. */
export async function startFacts(service: ServiceView): Promise<StartFacts> {
  const { facts } = service;
  // A service that runs has met them all.
  return facts.LoadState === "loaded" && facts.ActiveState === "inactive"
    ? { ...(await lackedFacts(service)), related: await relatedUnits(facts) }
    : await lackedFacts(service);
}

async function lackedFacts({ facts, changed, start, openFiles }: ServiceView): Promise<StartFacts> {
  if (!["loaded", "masked"].includes(facts.LoadState)) {
    return { isRepaired: false, complaint: await unitComplaint(SERVICE), start };
  }
  const failed = facts.Result === "success" ? undefined : failedCommand(facts);
  if (failed !== undefined) {
    return { isRepaired: false, command: await withWords(failed) };
  }
  // In a root of its own, the paths of the service are others.
  if (facts.Result !== "exit-code" || changed.some(({ name }) => /^Root(?:Directory|Image)$/u.test(name))) {
    return { isRepaired: false, openFiles };
  }
  switch (facts.ExecMainStatus) {
    case 200:
      return await folderFacts(facts);
    case 203:
      return { isRepaired: await isExecutable(programOf(facts)), start };
    case 217:
      return { isRepaired: unitUser(facts) !== undefined };
    case 64:
    case 78:
      return { isRepaired: false };
    default:
      return { isRepaired: false, openFiles, lastWords: await lastWords(facts.ExecMainStartTimestamp) };
  }
}

async function folderFacts(facts: ServiceFacts): Promise<StartFacts> {
  const path = startFolder(facts);
  const user = unitUser(facts);
  if (path === undefined || user === undefined || hiddenIn(path, hiddenFolders(facts)) !== undefined) {
    return { isRepaired: false };
  }
  const isFolder = await inTime(path, () => stat(path)).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    return { isRepaired: false };
  }
  const closed = await inTime(path, () => closedToVisitor(user, path)).catch(() => undefined);
  if (closed === undefined) {
    return { isRepaired: true };
  }
  const { problem, commands, keptShut } = closed;
  return {
    isRepaired: false,
    obstacle: { problem, commands: keptShut === undefined ? commands : undefined },
  };
}

async function isExecutable(path: string): Promise<boolean> {
  return await inTime(path, () => access(path, constants.X_OK)).then(
    () => true,
    () => false,
  );
}
