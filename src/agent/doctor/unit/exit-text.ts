import { constants } from "node:os";
import { printable } from "../../../lib/printable.ts";
import type { Assignment } from "../../systemd/service/unit-files.ts";

/**
 * What `Result=` of a service means that no process has ended with, a clause: systemd.exec(5).
 * `changed`: what this host sets in its unit.
 */
export function resultText(result: string, changed: readonly Assignment[]): string {
  const isOwnLimit = result === "watchdog" && changed.some(({ name }) => name === "WatchdogSec");
  const text = RESULTS.get(result) ?? `its result is ${printable(result, 40)}`;
  return isOwnLimit ? `${text} (WatchdogSec=)` : text;
}

const RESULTS: ReadonlyMap<string, string> = new Map([
  ["start-limit-hit", "it was started too often"],
  [
    "timeout",
    "a time limit of its unit ended it (TimeoutSec=, TimeoutStartSec=, TimeoutStopSec= or RuntimeMaxSec=)",
  ],
  ["watchdog", "it hung, and the watchdog ended it"],
  ["oom-kill", "the kernel ended it, because memory ran out"],
  ["resources", "systemd could not prepare its start"],
  ["protocol", "it did not report its start"],
]);

/** A signal that ended a service, a clause. `changed`: what this host sets in its unit. */
export function signalText(signal: number, changed: readonly Assignment[]): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return name === "SIGSYS"
    ? "it made a system call that its unit forbids (SIGSYS, SystemCallFilter=)"
    : `a signal ended it (${name ?? signal})${CRASHES.has(name ?? "") ? `, as in a crash${noCodeText(changed)}` : ""}`;
}

/** Node.js compiles what it runs in memory, and crashes at its start if it may not. */
function noCodeText(changed: readonly Assignment[]): string {
  const isDenied = changed.some(
    ({ name, value }) => name === "MemoryDenyWriteExecute" && /^(?:1|yes|y|true|t|on)$/iu.test(value),
  );
  return isDenied ? ", because no Node.js program can run with MemoryDenyWriteExecute=" : "";
}

const CRASHES = new Set(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"]);

/** A clause if nobody knows which one it was. `program`: `the agent`. */
export function commandFailed(program: string): string {
  return `a command that its unit runs before or after ${program} failed (ExecStartPre=, ExecStartPost=)`;
}

/** Whether systemd itself gave up before the program ran. */
export function isOfSystemd(status: number): boolean {
  return status >= FIRST_OF_SYSTEMD && status <= LAST_OF_SYSTEMD;
}

/** The status that a service ended with, a clause. `who`: `the agent`. */
export function exitText(status: number, who: string, stateFolder: string): string {
  const step = STEPS.get(status);
  if (step !== undefined) {
    const folder = status === STATE_DIRECTORY ? ` ${stateFolder}` : "";
    return `systemd could not ${step[1]}${folder} (status ${status}/${step[0]})`;
  }
  return isOfSystemd(status)
    ? `systemd could not prepare its process (status ${status})`
    : `${who} ended with status ${status}`;
}

const FIRST_OF_SYSTEMD = 200;
const LAST_OF_SYSTEMD = 245;
const STATE_DIRECTORY = 238;
/** systemd.exec(5), "Process Exit Codes". */
const STEPS: ReadonlyMap<number, readonly [name: string, what: string]> = new Map([
  [200, ["CHDIR", "enter its WorkingDirectory="]],
  [201, ["NICE", "set its Nice="]],
  [202, ["FDS", "hand over its descriptors"]],
  [203, ["EXEC", "execute the program of its ExecStart="]],
  [205, ["LIMITS", "set one of its Limit…="]],
  [206, ["OOM_ADJUST", "set its OOMScoreAdjust="]],
  [208, ["STDIN", "open its StandardInput="]],
  [209, ["STDOUT", "open its StandardOutput="]],
  [210, ["CHROOT", "enter its RootDirectory="]],
  [211, ["IOPRIO", "set its IOSchedulingClass= or IOSchedulingPriority="]],
  [214, ["SETSCHEDULER", "set its CPUSchedulingPolicy="]],
  [215, ["CPUAFFINITY", "set its CPUAffinity="]],
  [216, ["GROUP", "take its Group= or SupplementaryGroups=: one does not exist"]],
  [217, ["USER", "find its User="]],
  [218, ["CAPABILITIES", "set its capabilities"]],
  [219, ["CGROUP", "put it into its control group"]],
  [222, ["STDERR", "open its StandardError="]],
  [224, ["PAM", "open the session of its PAMName="]],
  [225, ["NETWORK", "set up its network (NetworkNamespacePath=, PrivateNetwork= or JoinsNamespaceOf=)"]],
  [226, ["NAMESPACE", "set up its sandbox"]],
  [228, ["SECCOMP", "set its SystemCallFilter="]],
  [229, ["SELINUX_CONTEXT", "use its SELinuxContext="]],
  [230, ["PERSONALITY", "set its Personality="]],
  [231, ["APPARMOR_PROFILE", "use its AppArmorProfile="]],
  [232, ["ADDRESS_FAMILIES", "set its RestrictAddressFamilies="]],
  [233, ["RUNTIME_DIRECTORY", "make its RuntimeDirectory= in /run"]],
  [236, ["SMACK_PROCESS_LABEL", "use its SmackProcessLabel="]],
  [STATE_DIRECTORY, ["STATE_DIRECTORY", "make its StateDirectory="]],
  [239, ["CACHE_DIRECTORY", "make its CacheDirectory= in /var/cache"]],
  [240, ["LOGS_DIRECTORY", "make its LogsDirectory= in /var/log"]],
  [241, ["CONFIGURATION_DIRECTORY", "make its ConfigurationDirectory= in /etc"]],
  [242, ["NUMA_POLICY", "set its NUMAPolicy="]],
  [243, ["CREDENTIALS", "load a credential"]],
  [245, ["BPF", "set its RestrictFileSystems="]],
]);
