/**
 * Settings that are off by default, and off with `no`: systemd.exec(5), systemd.service(5). Some
 * have more values than yes and no.
 */
const SWITCH =
  /^(?:Protect(?!Proc$)\w+|Private\w+|Restrict(?:Realtime|SUIDSGID|Namespaces)|MemoryDenyWriteExecute|NoNewPrivileges|LockPersonality|RemoveIPC|DynamicUser|RemainAfterExit|RootDirectoryStartOnly|NonBlocking|MountAPIVFS|TTYReset|TTYVHangup|TTYVTDisallocate)$/u;
const OFF = /^(?:0|no|n|false|f|off)$/iu;

/**
 * Lists and commands that an empty value resets to what systemd has without them. Not
 * CapabilityBoundingSet=: an empty one has no capability at all.
 */
const LIST =
  /^(?:Exec(?:Condition|StartPre|StartPost|Reload|Stop|StopPost|Paths|SearchPath)|(?:NoExec|ReadWrite|ReadOnly|Inaccessible|Bind|BindReadOnly)Paths|TemporaryFileSystem|SystemCall(?:Filter|Log|Architectures)|Restrict(?:AddressFamilies|FileSystems|NetworkInterfaces)|(?:|Unset|Pass)Environment|EnvironmentFile|SupplementaryGroups|AmbientCapabilities|IPAddress(?:Allow|Deny)|SocketBind(?:Allow|Deny)|DeviceAllow|(?:State|Runtime|Cache|Logs|Configuration)Directory|Restart(?:Prevent|Force)ExitStatus|SuccessExitStatus|CPUAffinity|CPUQuota)$/u;

/** What a setting is without a line of it: systemd.service(5), systemd.resource-control(5). */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ["RuntimeMaxSec", "infinity"],
  ["RuntimeRandomizedExtraSec", "0"],
  ["WatchdogSec", "0"],
  ["MemoryHigh", "infinity"],
  ["MemoryMax", "infinity"],
  ["MemorySwapMax", "infinity"],
]);

/** Others of one value. What is not here may be a list, of which each line counts. */
const ONE_VALUE =
  /^(?:(?:Timeout(?:|Start|Stop|Abort)|Runtime(?:Max|RandomizedExtra)|Watchdog|Restart)Sec|Restart|Limit\w+|Memory(?:Low|Min|High|Max|SwapMax)|TasksMax|Nice|OOMScoreAdjust|User|Group|UMask|Type|KillMode|KillSignal|WatchdogSignal|NotifyAccess|ProtectProc|ProcSubset|DevicePolicy|WorkingDirectory|RootDirectory|RootImage|Slice)$/u;

/** Whether of several lines of it only the last one counts. */
export function isOneValue(name: string): boolean {
  return SWITCH.test(name) || ONE_VALUE.test(name);
}

/** Whether a unit that does not have this setting has the same. */
export function isUsual(name: string, value: string): boolean {
  return SWITCH.test(name) ? OFF.test(value) : DEFAULTS.get(name) === value;
}

/** Whether each line of it is a command of its own, beside the program of the service. */
export function isCommand(name: string): boolean {
  return /^Exec(?:Condition|StartPre|StartPost|Reload|Stop|StopPost)$/u.test(name);
}

/**
 * The values, line by line, that give a setting what the unit of its package has, `shipped`, and of
 * a list `others`. They follow all other lines of that setting. Undefined: nobody knows them.
 */
export function valuesBack(
  name: string,
  shipped: readonly string[],
  others: readonly string[] = [],
): readonly string[] | undefined {
  if (LIST.test(name)) {
    const kept = new Set([...shipped, ...others]);
    kept.delete("");
    return ["", ...kept];
  }
  // A copy of the unit may have another program, and two of them are one too many.
  const [only, ...more] = name === "ExecStart" ? [] : shipped;
  if (only !== undefined) {
    return more.length === 0 ? [only] : undefined;
  }
  const usual = SWITCH.test(name) ? "no" : DEFAULTS.get(name);
  return usual === undefined ? undefined : [usual];
}
