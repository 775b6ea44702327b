import type { EventDescription } from "./event-description.ts";
import { KEY_EVENTS } from "./key-events.ts";
import { NODE_EVENTS } from "./node-events.ts";

const NOTHING_TO_DO = "Nothing.";

/**
 * Every line that an operator may meet, by its stable event name: its level, its meaning, and what
 * to do. The table of the journal in the documentation is generated from it (`npm run docs`), and
 * the journal accepts no other event. Level `error` is exactly what needs a person, so
 * `journalctl -p err` is the list of things to do.
 */
const table = {
  "agent.not-started": {
    level: "error",
    meaning: "The agent could not start, such as because another one runs already; the line says why.",
    remedy: "Do what the line says. systemd tries again every 2 seconds, up to ten times.",
  },
  "agent.started": {
    level: "info",
    meaning:
      "The agent has started; the line names its version, configuration file, executor and control plane.",
    remedy: NOTHING_TO_DO,
  },
  "agent.stopped": {
    level: "info",
    meaning: "The agent was asked to stop, and stopped. The nodes keep running.",
    remedy: NOTHING_TO_DO,
  },
  "agent.bug": {
    level: "error",
    meaning: "The agent has a bug and stops; the line has the stack trace.",
    remedy: "Report the line. systemd restarts the agent.",
  },
  "agent.deprecated": {
    level: "warn",
    meaning: "This version still works with the control plane, but is deprecated.",
    remedy: "Upgrade to the version that the line names.",
    flaps: true,
  },
  "agent.out-of-support": {
    level: "error",
    meaning:
      "The control plane no longer supports this version: the executor stays online, but its nodes cannot be managed.",
    remedy: "Upgrade to the version that the line names.",
    flaps: true,
  },
  "clock.off": {
    level: "warn",
    meaning: "The clocks of this host and of the control plane differ by more than a minute.",
    remedy: "Check the host's clock with `timedatectl`: expiry dates and certificates depend on it.",
    flaps: true,
  },
  "config.applied": {
    level: "info",
    meaning: "Settings changed in the file and are in use; the connection did not have to change.",
    remedy: NOTHING_TO_DO,
  },
  "config.invalid": {
    level: "error",
    meaning:
      "The configuration file is not valid; the line lists every issue with its position. The agent keeps running with what it had.",
    remedy: "Fix the file; no restart is needed. `sudo novacula-agent check` shows whether it is valid.",
  },
  "config.needs-restart": {
    level: "warn",
    meaning: "A setting changed that takes effect only after a restart (`data_dir`, `runtime_dir`).",
    remedy: "Run `sudo systemctl restart novacula-agent` when it is convenient.",
  },
  "config.new": {
    level: "info",
    meaning:
      "The file has a new control plane URL, proxy, CA file or `agent.name`, which the agent now tries with the key that it had.",
    remedy: NOTHING_TO_DO,
  },
  "config.restored": {
    level: "info",
    meaning: "The files match the running configuration again; an earlier complaint is settled.",
    remedy: NOTHING_TO_DO,
  },
  "config.switched": {
    level: "info",
    meaning: "A new control plane URL, proxy or CA file was tried, accepted, and is in use.",
    remedy: NOTHING_TO_DO,
  },
  "config.untried": {
    level: "warn",
    meaning:
      "A change in the file could not be tried yet, because the control plane was not reached. The agent keeps running with what it had.",
    remedy: "Usually nothing: the agent keeps trying. If the URL, proxy or CA file was changed, check it.",
    flaps: true,
  },
  "control-plane.kept-connection": {
    level: "warn",
    meaning:
      "Every few minutes, and at `reload` and `retry`, the agent replaces its connection, so that it follows a DNS name that moves. The new connection does not work; the line says why. Syncs still work over the old one.",
    remedy: "Do what the line says. `sudo novacula-agent check --online` tries again.",
    flaps: true,
  },
  "control-plane.recovered": {
    level: "info",
    meaning: "Online again after an outage; the line says how long it lasted.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "control-plane.unreachable": {
    level: "warn",
    meaning:
      "The control plane did not answer, or answered and could not serve; the line says why. The nodes keep running, and the agent keeps trying. If the cause changes, that is a line too, up to ten times in an outage.",
    remedy:
      "Nothing, unless it lasts. Then do what the line says, or run `sudo novacula-agent check --online`.",
    flaps: true,
  },
  "executor.common-name": {
    level: "warn",
    meaning: "The executor has a name such as `localhost`, which hosts have that nobody has named.",
    remedy: "Set `agent.name` to a value that only this host has.",
  },
  "executor.duplicate": {
    level: "error",
    meaning:
      "Another process syncs with the same executor name and key at the same time. The line names its host, PID and unit: a second agent on this host, or, on another, most likely a clone.",
    remedy:
      "On this host: look at the other with the command in the line, and stop the one that is wrong. On another: give one of the two another `agent.name` and a key of its own.",
    flaps: true,
  },
  "executor.duplicate-gone": {
    level: "info",
    meaning: "The other process with this executor name no longer syncs.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "executor.renamed": {
    level: "warn",
    meaning:
      "`agent.name` changed in the file: this host is now the executor of that name, and the previous one goes offline.",
    remedy: "Nothing, if that was intended. Otherwise put the old name back.",
  },
  "host.renamed": {
    level: "warn",
    meaning:
      "The host has another name than the executor, and `agent.name` is not set. The executor keeps the name with which it was first accepted, also after a restart as long as `state.json` remembers it.",
    remedy:
      "Nothing, or set `agent.name`: to the old name, which ends this line, or to the new one, which is a new executor.",
    flaps: true,
  },
  "journal.gap": {
    level: "warn",
    meaning: "The agent's output was not read for a while, so lines were lost; the line says how many.",
    remedy: "Check what reads it: `systemctl status systemd-journald`, or the program behind the pipe.",
    flaps: true,
  },
  ...KEY_EVENTS,
  ...NODE_EVENTS,
  "reload.requested": {
    level: "info",
    meaning: "SIGHUP or `novacula-agent reload`: the agent reads the files and syncs now.",
    remedy: NOTHING_TO_DO,
  },
  "socket.lost": {
    level: "error",
    meaning:
      "Somebody removed the folder of the agent's socket. The executor goes on, but no command can ask it.",
    remedy: "Run `sudo novacula-agent restart`: systemd makes the folder again.",
    flaps: true,
  },
  "socket.restored": {
    level: "info",
    meaning: "Somebody removed the agent's socket, and the agent made it again.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "state.damaged": {
    level: "warn",
    meaning:
      "`state.json`, which keeps what the agent knows across restarts, could not be read in whole or in part. The line says what was forgotten.",
    remedy:
      "Nothing. Only if the host was renamed and `agent.name` is not set: set `agent.name` to the earlier name.",
  },
  "state.unwritable": {
    level: "error",
    meaning:
      "`data_dir` cannot hold `state.json`, which keeps what the agent knows across restarts, or the lock against a second agent. Everything else works.",
    remedy: "Do what the line says: it names the file system and how full it is, or whose the folder is.",
    flaps: true,
  },
  "sync.accepted": {
    level: "debug",
    meaning: "One sync was accepted.",
    remedy: NOTHING_TO_DO,
  },
  "sync.interval": {
    level: "info",
    meaning:
      "The control plane asks for another sync interval, because its fleet has grown or shrunk. Only a longer one than `sync_interval_secs` counts.",
    remedy: NOTHING_TO_DO,
    flaps: true,
  },
  "sync.failed": {
    level: "debug",
    meaning: "One sync failed. Other lines say what that means for the executor.",
    remedy: NOTHING_TO_DO,
  },
  "systemd.unreachable": {
    level: "warn",
    meaning:
      "A notification to systemd failed; the line says why. `systemctl status` may be out of date, and systemd may restart the agent.",
    remedy:
      "Check that `systemd-notify` is installed and that the unit has `Type=notify` and `NotifyAccess=all`.",
    flaps: true,
  },
  "watch.degraded": {
    level: "debug",
    meaning: "The system does not report file changes; the agent looks at the files every second instead.",
    remedy: NOTHING_TO_DO,
  },
} as const satisfies Record<string, EventDescription>;

export type EventName = keyof typeof table;

export const EVENTS: Readonly<Record<EventName, EventDescription>> = table;
