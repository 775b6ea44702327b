import type { EventDescription } from "../../lib/log/event-description.ts";
import { NODE_EVENTS } from "./node-events.ts";
import { TLS_EVENTS } from "./tls-events.ts";

const NOTHING_TO_DO = "Nothing.";
const RESTORE = "Do what the line says: free space, repair the disk, or restore a backup.";

/**
 * Every line of the control plane's log, by its stable event name: its level, its meaning, and what
 * to do. The table in the documentation is generated from it (`npm run docs`), and the types of
 * logger.ts accept no other event. Level `error` is exactly what needs a person.
 */
const table = {
  "better-auth": {
    level: "warn",
    meaning: "The library for sign-in reported a failure. What it prints otherwise is at debug level.",
    remedy: "Nothing, if people can sign in. Otherwise report the line.",
  },
  bug: {
    level: "error",
    meaning: "A request failed because of a bug, or the control plane stops because of one.",
    remedy: "Report the line with its stack trace.",
  },
  "check.refused": {
    level: "debug",
    meaning: "A key was refused to `novacula-agent check`.",
    remedy: NOTHING_TO_DO,
  },
  "database.back": {
    level: "info",
    meaning:
      "The database is back: its file is in its place, or its server answers. Requests are answered again.",
    remedy: NOTHING_TO_DO,
  },
  "database.created": {
    level: "warn",
    meaning: "There was no database, or an empty file, so a new one was created. It knows no keys.",
    remedy: "Nothing, at the first start. Otherwise set `DATABASE_URL` to the database that has the keys.",
  },
  "database.failover-risk": {
    level: "warn",
    meaning:
      "PostgreSQL has standbys, and none of them is synchronous: a failover can undo the last changes, a revocation, too. Or this is over.",
    remedy: "Name a standby in `synchronous_standby_names`, as the line says.",
  },
  "database.lost": {
    level: "error",
    meaning:
      "The database file was moved, deleted, replaced or damaged while the control plane runs, or a folder above it denies access.",
    remedy: "Do what the line says.",
  },
  "descriptors.exhausted": {
    level: "error",
    meaning: "No file descriptor is left for another connection, so connections are closed unanswered.",
    remedy: "Raise `LimitNOFILE=` in the unit.",
  },
  draining: {
    level: "info",
    meaning: "Asked to stop. It still answers for `DRAIN_SECONDS`, and `/readyz` says 503.",
    remedy: NOTHING_TO_DO,
  },
  "executor.connected": {
    level: "info",
    meaning: "A new executor synced for the first time.",
    remedy: NOTHING_TO_DO,
  },
  "executor.deleted": { level: "info", meaning: "A person deleted an executor.", remedy: NOTHING_TO_DO },
  "executor.disconnected": {
    level: "warn",
    meaning: "An executor has not synced within the heartbeat timeout. Its nodes are left alone.",
    remedy: "`sudo novacula-agent doctor` on its host.",
  },
  "executor.duplicate": {
    level: "error",
    meaning: "Several processes sync as one executor, most likely on a cloned host.",
    remedy: "Stop all but one, or give each its own name and key.",
  },
  "executor.duplicate-gone": {
    level: "info",
    meaning: "Only one process syncs as this executor again.",
    remedy: NOTHING_TO_DO,
  },
  "executor.reconnected": {
    level: "info",
    meaning: "An executor that was offline synced again.",
    remedy: NOTHING_TO_DO,
  },
  "executor.refused": {
    level: "warn",
    meaning: "A valid key was refused for an executor (403).",
    remedy: "Nothing here. The agent's own journal says what its host needs.",
  },
  "fleet.sync-interval": {
    level: "info",
    meaning: "The fleet has grown or shrunk, so executors are asked to sync less or more often.",
    remedy: "If the host has power to spare, raise `MAX_SYNCS_PER_SECOND`.",
  },
  "key.refused": {
    level: "warn",
    meaning: "A key was refused (401): it is unknown, revoked, expired or damaged.",
    remedy: "Nothing here. If the executor should be online, give it a working key.",
  },
  "library.output": {
    level: "warn",
    meaning: "A library or Node.js reported a failure. What they print otherwise is at debug level.",
    remedy: "Nothing, if everything works. Otherwise report the line.",
  },
  listening: {
    level: "info",
    meaning: "The control plane has started; the line says where it listens.",
    remedy: NOTHING_TO_DO,
  },
  "log.left-out": {
    level: "warn",
    meaning:
      "Lines of one event were left out, because there were too many. It is at level info if they are.",
    remedy: "Nothing. `LOG_LEVEL=debug` writes each of them.",
  },
  "log.unread": {
    level: "warn",
    meaning: "Nothing read the log for a while, so lines were lost.",
    remedy: "Check what reads it: `systemctl status systemd-journald`, or the program behind the pipe.",
  },
  "member.role-repaired": {
    level: "warn",
    meaning: "An upgrade read an invalid stored role as owner or admin.",
    remedy: "If that is not what you want, run the command in the line.",
  },
  metrics: { level: "info", meaning: "Where Prometheus reads the metrics.", remedy: NOTHING_TO_DO },
  ...NODE_EVENTS,
  "organization.no-owner": {
    level: "error",
    meaning: "An organization has members but no owner.",
    remedy: "Make a member its owner with the command in the line.",
  },
  "people.first-admin": {
    level: "info",
    meaning: "The first person was created and can sign in.",
    remedy: "Remove `INITIAL_ADMIN_PASSWORD`.",
  },
  page: { level: "info", meaning: "Where the page is, or why there is none.", remedy: NOTHING_TO_DO },
  "people.none": {
    level: "warn",
    meaning: "Nobody has an account yet, so nobody can sign in on the page.",
    remedy: "`sudo novacula-control-plane setup-link`, and open the link.",
  },
  "people.unencrypted": {
    level: "warn",
    meaning: "`BETTER_AUTH_URL` is http, so passwords and keys cross the network unencrypted.",
    remedy: "Put a TLS proxy in front, or set `TLS_CERT` and `TLS_KEY`.",
  },
  "reload.requested": {
    level: "info",
    meaning: "SIGHUP or `systemctl reload`: the certificate and its key are read again.",
    remedy: "Nothing. All other settings need a restart.",
  },
  "settings.odd": {
    level: "warn",
    meaning:
      "A secret in the environment has quotes, blanks or a comment, which are part of it; or an environment file of the service has a variable in a form that systemd ignores, such as `export PORT=3000`; or HOST and PORT are ignored, because systemd passes a socket.",
    remedy:
      "Delete what was not intended. Another `BETTER_AUTH_SECRET` signs everybody out. Write variables as `NAME=VALUE`, and comments on lines of their own.",
  },
  "sign-in.limited": {
    level: "debug",
    meaning: "A sign-in was not tried, because too many had failed.",
    remedy: NOTHING_TO_DO,
  },
  "sign-in.refused": {
    level: "warn",
    meaning: "A password or a link was refused. The account is not named.",
    remedy: "Nothing, unless there are many: each address and account is limited.",
  },
  "serve.failed": {
    level: "error",
    meaning:
      "The control plane could not start, or could not write everything when it stopped. The line says why.",
    remedy:
      "Do what the line says. After that: `sudo systemctl reset-failed novacula-control-plane`, which lifts a start limit, and `sudo systemctl start novacula-control-plane`.",
  },
  "socket.missing": {
    level: "error",
    meaning: "`novacula-control-plane.socket` is enabled and passed no socket, so `HOST` and `PORT` count.",
    remedy: "Restart the socket and then the service, with the commands in the line.",
  },
  stopped: { level: "info", meaning: "It has stopped, and everything is written.", remedy: NOTHING_TO_DO },
  stopping: {
    level: "info",
    meaning: "It was asked to stop. Running requests may finish.",
    remedy: NOTHING_TO_DO,
  },
  "store.row-damaged": {
    level: "error",
    meaning: "A row of the database cannot be read; the line names it. Everything else works.",
    remedy: "Do what the line says: it depends on the row.",
  },
  "store.unavailable": {
    level: "error",
    meaning:
      "The database failed, such as because its disk is full. Changes and sign-ins get 503; executors that are bound stay accepted while it can be read.",
    remedy: RESTORE,
  },
  "store.writes-delayed": {
    level: "error",
    meaning: "Last uses and heartbeats cannot be written. They stay in memory.",
    remedy: RESTORE,
  },
  "store.writes-resumed": {
    level: "info",
    meaning: "The database accepts writes again; nothing was lost.",
    remedy: NOTHING_TO_DO,
  },
  "sync.refused": { level: "debug", meaning: "One sync was refused.", remedy: NOTHING_TO_DO },
  "systemd.unreachable": {
    level: "warn",
    meaning: "A notification to systemd failed, so `systemctl status` may be out of date.",
    remedy: "Check that `systemd-notify` is installed and that the unit has `NotifyAccess=all`.",
  },
  ...TLS_EVENTS,
} as const satisfies Record<string, EventDescription>;

export type EventName = keyof typeof table;

/** The events of a level. */
export type EventAt<Level extends EventDescription["level"]> = {
  [Name in EventName]: (typeof table)[Name]["level"] extends Level ? Name : never;
}[EventName];

export const EVENTS: Readonly<Record<EventName, EventDescription>> = table;
