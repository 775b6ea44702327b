/**
 * Every line that an operator may meet, by its stable event name: how loud it is, what it means, what to do. The
 * README's table is generated from this one (`npm run docs`, held by test/docs.test.ts); the journal refuses an
 * event that is not here. `err` is exactly what needs a person, so that `journalctl -p err` is the list of things to do.
 */
export type Level = "debug" | "info" | "warn" | "error";

export interface EventDescription {
  readonly level: Level;
  readonly meaning: string;
  readonly remedy: string;
  /**
   * What a control plane answers can bring it about again and again: the journal lets 20 through,
   * then one in 5 minutes, counting the rest.
   */
  readonly flaps?: true;
}

const NOTHING_TO_DO = "Nothing.";
const PUT_A_WORKING_KEY =
  "Put a working key into the file that the line names, or run `novacula-agent set-key`. No restart is needed.";

const table = {
  "agent.started": {
    level: "info",
    meaning: "The agent runs; the line names its version, configuration file, executor and control plane.",
    remedy: NOTHING_TO_DO,
  },
  "agent.stopped": {
    level: "info",
    meaning: "The agent was asked to stop and has stopped. The nodes keep running.",
    remedy: NOTHING_TO_DO,
  },
  "agent.bug": {
    level: "error",
    meaning: "Something failed that should not be able to: a bug of the agent, with the stack behind it.",
    remedy: "Report it with the line; systemd restarts the agent.",
  },
  "agent.deprecated": {
    level: "warn",
    meaning: "This version still works with the control plane, but is behind.",
    remedy: "Upgrade to the version that the line names.",
    flaps: true,
  },
  "agent.out-of-support": {
    level: "error",
    meaning: "This version is too old: it is kept online, but its nodes cannot be managed.",
    remedy: "Upgrade to the version that the line names.",
    flaps: true,
  },
  "clock.off": {
    level: "warn",
    meaning: "The clock of this host and the control plane's are more than a minute apart.",
    remedy: "Check `timedatectl`; expiry dates and certificates are judged by clocks.",
    flaps: true,
  },
  "config.applied": {
    level: "info",
    meaning: "Settings that need no new connection changed in the file and are in use.",
    remedy: NOTHING_TO_DO,
  },
  "config.invalid": {
    level: "error",
    meaning:
      "The configuration file cannot be used as it is now; the line lists every issue with its place. What ran before goes on.",
    remedy: "Fix the file; the agent takes it at once. `novacula-agent check` tries it first.",
  },
  "config.needs-restart": {
    level: "warn",
    meaning: "A setting changed that only a new process takes (`data_dir`, `runtime_dir`).",
    remedy: "`systemctl restart novacula-agent` when it suits.",
  },
  "config.restored": {
    level: "info",
    meaning: "The files are again what the agent runs on; an earlier complaint is over.",
    remedy: NOTHING_TO_DO,
  },
  "config.switched": {
    level: "info",
    meaning: "A new control plane URL, proxy or CA from the file was tried, accepted and is in use.",
    remedy: NOTHING_TO_DO,
  },
  "config.untried": {
    level: "warn",
    meaning:
      "A change in the file could not be tried yet, because the control plane did not answer to it. What ran before goes on.",
    remedy: "Usually nothing: it is tried again by itself. If the URL, proxy or CA was changed, check them.",
    flaps: true,
  },
  "control-plane.recovered": {
    level: "info",
    meaning: "Online again after an outage; the line says how long it was.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "control-plane.unreachable": {
    level: "warn",
    meaning:
      "No answer that is the control plane's; the line says why. The nodes keep running, the agent tries again by itself.",
    remedy: "Nothing, unless it lasts: then what the line says, or `novacula-agent check --online`.",
    flaps: true,
  },
  "executor.duplicate": {
    level: "error",
    meaning:
      "Another process syncs under this name with this key at the same time: most likely a cloned host.",
    remedy: "Give one of the two another `name` and a key of its own.",
    flaps: true,
  },
  "executor.duplicate-gone": {
    level: "info",
    meaning: "The other process that synced under this name is silent.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "executor.renamed": {
    level: "warn",
    meaning: "The `name` in the file changed: this host is a new executor now, the old one goes offline.",
    remedy: "Nothing, if that was meant; otherwise put the old name back.",
  },
  "journal.gap": {
    level: "warn",
    meaning: "Nobody read the agent's lines for a while, so that some were left out; the line says how many.",
    remedy: "Look at what reads them: `systemctl status systemd-journald`, or the program behind the pipe.",
    flaps: true,
  },
  "key.accepted": {
    level: "info",
    meaning: "The control plane accepted the key: the executor is online with it.",
    remedy: NOTHING_TO_DO,
  },
  "key.expiring": {
    level: "warn",
    meaning: "The key that is in use ends soon (said 14, 3 and 1 days ahead).",
    remedy:
      "Create a new key and put it into the file; revoke the old one when the line `key.rotated` is there.",
    flaps: true,
  },
  "key.fallback": {
    level: "error",
    meaning:
      "The key in the file is refused, but the one before it is accepted (again): the executor is online with that.",
    remedy: PUT_A_WORKING_KEY,
    flaps: true,
  },
  "key.forbidden": {
    level: "error",
    meaning:
      "The control plane knows the key (403), but it may not be used here: another organization, or another executor's.",
    remedy: "What the line says; usually a key of this organization, for this executor.",
    flaps: true,
  },
  "key.new": {
    level: "info",
    meaning:
      "A key that is not in use yet, or a new control plane URL, proxy, CA or `name`, was found in the file and is being tried.",
    remedy: NOTHING_TO_DO,
  },
  "key.new-refused": {
    level: "error",
    meaning:
      "The new key in the file, or the key with a new control plane URL, proxy, CA or `name`, was refused. The executor stays online with what it had; a restart would not come online.",
    remedy: `${PUT_A_WORKING_KEY} If it was a setting that changed, what the line says.`,
    flaps: true,
  },
  "key.recovered": {
    level: "info",
    meaning: "A key that was refused is accepted again.",
    remedy: "Nothing; if nobody changed anything, the control plane had a problem of its own.",
    flaps: true,
  },
  "key.refused": {
    level: "error",
    meaning:
      "The control plane refused the key (401). The line says which, why that is most likely, and what to do. The nodes keep running.",
    remedy: PUT_A_WORKING_KEY,
    flaps: true,
  },
  "key.rotated": {
    level: "info",
    meaning:
      "The executor is on the new key, which was accepted; the line names both and the last use of the old one.",
    remedy: "Revoke the old key, if it is not revoked yet.",
  },
  "key.unusable": {
    level: "error",
    meaning:
      "The key in the file is damaged in a way that cannot work (white space inside, cut quotes, a placeholder …) and is not sent.",
    remedy: PUT_A_WORKING_KEY,
  },
  "key.warning": {
    level: "warn",
    meaning: "The key is used, but something about it or its file should be put right.",
    remedy: "What the line says.",
  },
  "reload.requested": {
    level: "info",
    meaning: "SIGHUP or `reload`: the files are read again and whatever waits is tried at once.",
    remedy: NOTHING_TO_DO,
  },
  "state.unwritable": {
    level: "warn",
    meaning:
      "`data_dir` takes no memory across restarts (`state.json`), or no lock against a second agent. All else goes on.",
    remedy: "Make room on the disk, or give the agent its `data_dir`.",
    flaps: true,
  },
  "sync.accepted": {
    level: "debug",
    meaning: "One sync was accepted.",
    remedy: NOTHING_TO_DO,
  },
  "sync.failed": {
    level: "debug",
    meaning: "One sync was not accepted; what it means for the executor is said by other lines.",
    remedy: NOTHING_TO_DO,
  },
  "watch.degraded": {
    level: "debug",
    meaning: "The system does not tell about file changes; the agent's own look once a second does.",
    remedy: NOTHING_TO_DO,
  },
} as const satisfies Record<string, EventDescription>;

export type EventName = keyof typeof table;

export const EVENTS: Readonly<Record<EventName, EventDescription>> = table;
