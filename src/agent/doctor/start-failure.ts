import { constants } from "node:os";
import { printable } from "../../lib/printable.ts";
import { asRoot, shellWord } from "../../lib/shell-word.ts";
import type { ServiceFacts } from "../systemd/service/service-facts.ts";
import type { Assignment } from "../systemd/service/unit-files.ts";
import { PACKAGED_BINARY } from "../systemd/service-unit.ts";

/** The start of a service that systemd does not start any more by itself. */
export function startAgain(): string {
  return `${asRoot("systemctl reset-failed novacula-agent")} && ${asRoot("systemctl start novacula-agent")}`;
}

/** systemd.exec(5), "Process Exit Codes". The remedy ends with the start of the service. */
export function causeOf(
  facts: ServiceFacts,
  changed: readonly Assignment[],
): { readonly cause: string; readonly remedy?: string } {
  const { Result, ExecMainStatus, User, WorkingDirectory } = facts;
  const user = printable(User || "root", 40);
  // What this host has changed is to be taken out; nothing that the package brings repairs it.
  const unlessChanged = (setting: string, fix: string) =>
    changed.some(({ name }) => name === setting) ? {} : { remedy: `${fix} ${startAgain()}` };
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
    case 200:
      return {
        cause: `its WorkingDirectory= ${printable(WorkingDirectory, 400)} cannot be entered (status 200/CHDIR)`,
        remedy: `Run: ${asRoot(`install -d ${shellWord(WorkingDirectory)}`)} && ${startAgain()}`,
      };
    case 203:
      return programMissing(facts, unlessChanged("ExecStart", "Reinstall the package, then run:"));
    case 217:
      return {
        cause: `its user ${user} does not exist (status 217/USER)`,
        ...unlessChanged("User", `Run: ${asRoot("systemd-sysusers")} &&`),
      };
    case 226:
      return { cause: "its sandbox cannot be set up (status 226/NAMESPACE)" };
    case 243:
      return { cause: "a credential of its unit cannot be loaded (status 243/CREDENTIALS)" };
    default:
      return { cause: endText(ExecMainStatus) };
  }
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

/** A drop-in may name another program: then the package is not at fault. */
function programMissing({ ExecStart }: ServiceFacts, reinstall: { readonly remedy?: string }) {
  const program = /\bpath=(\S+) ;/u.exec(ExecStart.at(-1) ?? "")?.[1] ?? PACKAGED_BINARY;
  const cause = `the program ${printable(program, 400)} of its ExecStart= cannot be executed (status 203/EXEC)`;
  const correct = `Correct ExecStart= (to see where it is: ${asRoot("systemctl cat novacula-agent")}), then run: ${asRoot("systemctl daemon-reload")} && ${startAgain()}`;
  return program === PACKAGED_BINARY ? { cause, ...reinstall } : { cause, remedy: correct };
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
