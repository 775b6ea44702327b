import { constants } from "node:os";
import { commandsToEnter, isSystemFolder } from "../../lib/files/folder-entry.ts";
import { printable } from "../../lib/printable.ts";
import { asRoot, asTyped, shellWord } from "../../lib/shell-word.ts";
import { mapRemedy, type Remedy, step, stepsOf } from "../../lib/text/remedy.ts";
import type { LastWords } from "../systemd/last-words.ts";
import type { RelatedUnits } from "../systemd/service/related-units.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import { PACKAGED_BINARY } from "../systemd/service-unit.ts";

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
  /** Where the program of the service is named: `ExecStart= in FILE line 3`. */
  readonly startSource?: string | undefined;
  readonly related?: RelatedUnits | undefined;
  readonly lastWords?: LastWords | undefined;
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
  if (Result === "signal" || Result === "core-dump") {
    return { cause: signalText(ExecMainStatus) };
  }
  if (Result !== "exit-code") {
    return { cause: RESULTS.get(Result) ?? `its result is ${printable(Result, 40)}` };
  }
  switch (ExecMainStatus) {
    case 0:
      return {
        cause:
          "a command that its unit runs before or after the agent failed (ExecStartPre=, ExecStartPost=)",
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
      return inOwnWords(endText(ExecMainStatus), now.lastWords);
  }
}

function inOwnWords(cause: string, words: LastWords | undefined): StartFailure {
  if (words === undefined) {
    return { cause };
  }
  const { why, remedy } = words;
  const said = `${cause}: ${printable(why, 600)}`;
  return remedy === undefined
    ? { cause: said }
    : {
        cause: said,
        remedy: [
          ...stepsOf(mapRemedy(remedy, (text) => printable(asTyped(text), 600))),
          step("Then run:", ...startAgain()),
        ],
      };
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

/** From 200 on, systemd itself gave up before the agent ran. */
function endText(status: number): string {
  const step = STEPS.get(status);
  if (step !== undefined) {
    return `systemd could not ${step[1]} (status ${status}/${step[0]})`;
  }
  return status >= FIRST_OF_SYSTEMD && status <= LAST_OF_SYSTEMD
    ? `systemd could not prepare its process (status ${status})`
    : `the agent ended with status ${status}`;
}

const FIRST_OF_SYSTEMD = 200;
const LAST_OF_SYSTEMD = 243;
const STEPS: ReadonlyMap<number, readonly [name: string, what: string]> = new Map([
  [201, ["NICE", "set its Nice="]],
  [202, ["FDS", "hand over its descriptors"]],
  [205, ["LIMITS", "set one of its Limit…="]],
  [208, ["STDIN", "open its StandardInput="]],
  [209, ["STDOUT", "open its StandardOutput="]],
  [210, ["CHROOT", "enter its RootDirectory="]],
  [214, ["SETSCHEDULER", "set its CPUSchedulingPolicy="]],
  [216, ["GROUP", "take its Group= or SupplementaryGroups=: one does not exist"]],
  [218, ["CAPABILITIES", "set its capabilities"]],
  [219, ["CGROUP", "put it into its control group"]],
  [222, ["STDERR", "open its StandardError="]],
  [228, ["SECCOMP", "set its SystemCallFilter="]],
  [231, ["APPARMOR_PROFILE", "use its AppArmorProfile="]],
  [233, ["RUNTIME_DIRECTORY", "make its RuntimeDirectory= in /run"]],
  [238, ["STATE_DIRECTORY", "make its StateDirectory= /var/lib/novacula"]],
  [239, ["CACHE_DIRECTORY", "make its CacheDirectory= in /var/cache"]],
  [240, ["LOGS_DIRECTORY", "make its LogsDirectory= in /var/log"]],
  [241, ["CONFIGURATION_DIRECTORY", "make its ConfigurationDirectory= in /etc"]],
]);

/** The program of `ExecStart=`. */
export function programOf({ ExecStart }: ServiceFacts): string {
  return /\bpath=(\S+) ;/u.exec(ExecStart.at(-1) ?? "")?.[1] ?? PACKAGED_BINARY;
}

/** A drop-in may name another program: then the package is not at fault. */
function programMissing(
  facts: ServiceFacts,
  { startSource }: StartFacts,
  reinstall: { readonly remedy?: Remedy },
): StartFailure {
  const program = programOf(facts);
  const cause = `the program ${printable(program, 400)} of its ExecStart= cannot be executed (status 203/EXEC)`;
  if (program === PACKAGED_BINARY) {
    return { cause, ...reinstall };
  }
  const start = [asRoot("systemctl daemon-reload"), ...startAgain()];
  const remedy =
    startSource === undefined
      ? [
          step("To see where ExecStart= is, run:", asRoot("systemctl cat novacula-agent")),
          step("Correct it, then run:", ...start),
        ]
      : [step(`Correct ${printable(startSource, 400)}, then run:`, ...start)];
  return { cause, remedy };
}

function signalText(signal: number): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return name === "SIGSYS"
    ? "it made a system call that its unit forbids (SIGSYS, SystemCallFilter=)"
    : `a signal ended it (${name ?? signal})${CRASHES.has(name ?? "") ? ", as in a crash" : ""}`;
}

const CRASHES = new Set(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"]);

const RESULTS: ReadonlyMap<string, string> = new Map([
  ["start-limit-hit", "it was started too often"],
  ["timeout", "a time limit of its unit ended it (TimeoutStartSec=, TimeoutStopSec= or RuntimeMaxSec=)"],
  ["watchdog", "it hung, and the watchdog ended it"],
  ["oom-kill", "the kernel ended it, because memory ran out"],
  ["resources", "systemd could not prepare its start"],
  ["protocol", "it did not report its start"],
]);
