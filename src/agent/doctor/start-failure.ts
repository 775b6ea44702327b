import { commandsToEnter, isSystemFolder } from "../../lib/files/folder-entry.ts";
import { printable } from "../../lib/printable.ts";
import { asRoot, asTyped, shellWord } from "../../lib/shell-word.ts";
import { mapRemedy, type Remedy, step, stepsOf } from "../../lib/text/remedy.ts";
import { DEFAULT_DATA_DIR } from "../config/schema/agent-config.ts";
import type { LastWords } from "../systemd/last-words.ts";
import type { RelatedUnits } from "../systemd/service/related-units.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import { PACKAGED_BINARY } from "../systemd/service-unit.ts";
import type { FailedCommand } from "../systemd/unit/failed-command.ts";
import { commandText } from "./unit/command-text.ts";
import { commandFailed, exitText, resultText, signalText } from "./unit/exit-text.ts";
import { openFilesLimit } from "./unit/open-files.ts";

/** The start of a service that systemd does not start any more by itself. */
export function startAgain(): readonly string[] {
  return [asRoot("systemctl reset-failed novacula-agent"), asRoot("systemctl start novacula-agent")];
}

/** The first start of a service that is at rest. */
export function startCommand(facts: Pick<ServiceFacts, "UnitFileState">): string {
  return asRoot(`systemctl ${isEnabled(facts) ? "start" : "enable --now"} novacula-agent`);
}

export function isEnabled({ UnitFileState }: Pick<ServiceFacts, "UnitFileState">): boolean {
  return UnitFileState.startsWith("enabled");
}

/** What this host has now of what the last start lacked. */
export interface StartFacts {
  /** True if it is all there: then only the limit of starts is in the way. */
  readonly isRepaired: boolean;
  /** Why the user of the service may not enter the folder in which the service starts. */
  readonly obstacle?: { readonly problem: string; readonly commands: readonly string[] | undefined };
  /** What systemd says of a unit that it cannot use, a clause. */
  readonly complaint?: string | undefined;
  /** Where the program of the service is named, of several the last one. */
  readonly start?: Pick<Assignment, "file" | "line"> | undefined;
  readonly related?: RelatedUnits | undefined;
  readonly lastWords?: LastWords | undefined;
  /** What failed before or after its program. */
  readonly command?: FailedCommand | undefined;
  /** The line of systemd's own settings that limits the open files of each service. */
  readonly openFiles?: Assignment | undefined;
}

interface StartFailure {
  readonly cause: string;
  readonly remedy?: Remedy;
}

/** Why the last start failed, and the remedy, which ends with the start of the service. */
export function causeOf(
  facts: ServiceFacts,
  changed: readonly Assignment[],
  now: StartFacts = { isRepaired: false },
): StartFailure {
  const failure = failureOf(facts, changed, now);
  return now.isRepaired
    ? {
        cause: `${failure.cause}. It was so at its last start, and is not so now`,
        remedy: [step("Run:", ...startAgain())],
      }
    : failure;
}

/** Where apt finds no archive of it, that section has the commands. */
const REINSTALL =
  'Reinstall the package ("If the program itself does not start" in /usr/share/doc/novacula-agent/service.md), then run:';

/** systemd.exec(5), "Process Exit Codes". */
function failureOf(facts: ServiceFacts, changed: readonly Assignment[], now: StartFacts): StartFailure {
  const { Result, ExecMainStatus, User } = facts;
  const user = printable(User || "root", 40);
  // What this host has changed is to be taken out; nothing that the package brings repairs it.
  const unlessChanged = (setting: string, say: string, ...commands: readonly string[]) =>
    changed.some(({ name }) => name === setting) ? {} : { remedy: [step(say, ...commands, ...startAgain())] };
  if (Result === "success") {
    return { cause: "" };
  }
  if (now.command !== undefined) {
    return { cause: commandText(now.command, Result) };
  }
  if (Result === "signal" || Result === "core-dump") {
    const { detail = "", ...rest } = openFilesLimit("crash", changed, now.openFiles, startAgain()) ?? {};
    return { cause: `${signalText(ExecMainStatus, changed)}${detail}`, ...rest };
  }
  if (Result !== "exit-code") {
    return { cause: resultText(Result, changed) };
  }
  switch (ExecMainStatus) {
    case 0:
      return {
        cause: commandFailed("the agent"),
      };
    case 64:
      return { cause: "ExecStart= of its unit has arguments that the agent does not know (status 64)" };
    case 78:
      return { cause: "its configuration is not valid (status 78)" };
    case 127:
      return { cause: "a shared library that its program needs is missing (status 127)" };
    case 200:
      return folderClosed(facts, now);
    case 203:
      return programMissing(facts, now, unlessChanged("ExecStart", REINSTALL));
    case 217:
      return {
        cause: `its user ${user} does not exist (status 217/USER)`,
        ...unlessChanged("User", "Run:", asRoot("systemd-sysusers")),
      };
    case 226:
      return { cause: "its sandbox cannot be set up (status 226/NAMESPACE)" };
    case 243:
      return { cause: "a credential of its unit cannot be loaded (status 243/CREDENTIALS)" };
    default:
      return inOwnWords(exitText(ExecMainStatus, "the agent", DEFAULT_DATA_DIR), changed, now);
  }
}

function inOwnWords(
  cause: string,
  changed: readonly Assignment[],
  { lastWords: words, openFiles }: StartFacts,
): StartFailure {
  if (words === undefined) {
    return { cause };
  }
  const { why, remedy } = words;
  const said = `${cause}: ${printable(why, 600)}`;
  const limit = openFilesLimit(why, changed, openFiles, startAgain());
  if (limit !== undefined) {
    const { detail, ...rest } = limit;
    return { cause: `${said}${detail}`, ...rest };
  }
  if (remedy === undefined) {
    return { cause: said };
  }
  const steps = stepsOf(mapRemedy(remedy, (text) => printable(asTyped(text), 600)));
  const isWhole = /\bstart novacula-agent$/u.test(steps.at(-1)?.run ?? "");
  return { cause: said, remedy: isWhole ? steps : [...steps, step("Then run:", ...startAgain())] };
}

/** Without WorkingDirectory=, a service of the system starts in `/`. Undefined: in a home. */
export function startFolder({ WorkingDirectory }: ServiceFacts): string | undefined {
  // systemctl shows the - of a folder that may be missing as !.
  const folder = WorkingDirectory.replace(/^[-!]/u, "") || "/";
  return folder.startsWith("/") ? folder : undefined;
}

function folderClosed(facts: ServiceFacts, { obstacle }: StartFacts): StartFailure {
  const folder = startFolder(facts);
  const setting = facts.WorkingDirectory === "" ? "the folder" : "its WorkingDirectory=";
  const shown = printable(folder ?? facts.WorkingDirectory, 400);
  const why = obstacle === undefined ? "" : `: ${obstacle.problem}`;
  const cause = `${setting} ${shown} cannot be entered (status 200/CHDIR)${why}`;
  const commands = obstacle === undefined ? openingOf(folder) : obstacle.commands;
  return commands === undefined
    ? {
        cause,
        remedy: [
          step("Name another folder in WorkingDirectory=:", asRoot("systemctl edit novacula-agent")),
          step("Then run:", ...startAgain()),
        ],
      }
    : { cause, remedy: [step("Run:", ...commands.map(asRoot), ...startAgain())] };
}

function openingOf(folder: string | undefined): readonly string[] | undefined {
  if (folder === undefined) {
    return undefined;
  }
  return isSystemFolder(folder)
    ? commandsToEnter(folder, { uid: 0 }, "root")
    : [`install -d ${shellWord(folder)}`];
}

/** The program of `ExecStart=`. */
export function programOf({ ExecStart }: ServiceFacts): string {
  return /\bpath=(\S+) ;/u.exec(ExecStart.at(-1) ?? "")?.[1] ?? PACKAGED_BINARY;
}

/** A drop-in may name another program: then the package is not at fault. */
function programMissing(
  facts: ServiceFacts,
  { start: place }: StartFacts,
  reinstall: { readonly remedy?: Remedy },
): StartFailure {
  const program = programOf(facts);
  const cause = `the program ${printable(program, 400)} of its ExecStart= cannot be executed (status 203/EXEC)`;
  if (program === PACKAGED_BINARY) {
    return { cause, ...reinstall };
  }
  const start = [asRoot("systemctl daemon-reload"), ...startAgain()];
  const remedy =
    place === undefined
      ? [
          step("To see where ExecStart= is, run:", asRoot("systemctl cat novacula-agent")),
          step("Correct it, then run:", ...start),
        ]
      : [step(`Correct ExecStart= in ${printable(place.file, 400)} line ${place.line}, then run:`, ...start)];
  return { cause, remedy };
}
