// The page's tests reach this module too, with a configuration that does not list the declarations.
/// <reference path="./systemd-notify.d.ts" />
import { execFile } from "node:child_process";
import { writeSync } from "node:fs";
import { promisify } from "node:util";
import notify from "systemd-notify";
import { delay } from "../delay.ts";
import { withoutSecrets } from "../log/secret-guard.ts";
import { printable } from "../printable.ts";
import { passedDescriptors } from "./passed-descriptors.ts";

/** The name of the descriptor in the unit's `OpenFile=`. */
const DESCRIPTOR_NAME = "notify";
/** systemd shows more, but nobody reads it. */
const LONGEST_STATUS = 1000;
/** A systemd-notify that hangs must not delay a stop, ms. */
const FLUSH_LIMIT_MS = 500;

/**
 * sd_notify(3) for the daemon. Does nothing outside systemd; a failed notification is not an error.
 */
export interface Notifier {
  /** The configuration was read and the loop runs; the control plane need not have answered. */
  ready(status: string): void;
  status(text: string): void;
  /** RELOADING=1; `ready` ends it. */
  reloading(): void;
  /** `status` stays in `systemctl status` after the end. */
  stopping(status: string): void;
  watchdog(): void;
  /** The stop takes up to this much longer, ms, whatever TimeoutStopSec= says. */
  extendStop(ms: number): void;
  /** How often `watchdog` must be called, ms; undefined if systemd does not ask for it. */
  readonly watchdogIntervalMs: number | undefined;
  /** Resolves when everything was handed over, after half a second at the latest. */
  flushed(): Promise<void>;
}

type Send = (assignments: readonly string[]) => Promise<unknown>;

/** `onSent` is called after each notification: with the reason if it failed. */
export function createNotifier(
  environment: NodeJS.ProcessEnv,
  onSent: (failure: string | undefined) => void,
): Notifier {
  const send = sender(environment);
  let last: Promise<unknown> = Promise.resolve();
  let shown: string | undefined = "";

  /** One at a time: READY=1 must not overtake RELOADING=1. */
  function say(...assignments: string[]): void {
    if (send === undefined) {
      return;
    }
    last = last
      .then(() => send(assignments))
      .then(
        () => onSent(undefined),
        (error: unknown) => {
          // So that the next status is sent, although its text may be the same.
          shown = undefined;
          onSent(String(error));
        },
      );
  }

  return {
    ready(status) {
      shown = status;
      say("READY=1", statusAssignment(status));
    },
    status(text) {
      if (text !== shown) {
        say(statusAssignment(text));
      }
      shown = text;
    },
    reloading: () => say("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping(status) {
      shown = status;
      say("STOPPING=1", statusAssignment(status));
    },
    watchdog: () => say("WATCHDOG=1"),
    extendStop: (ms) => say(`EXTEND_TIMEOUT_USEC=${Math.ceil(ms) * 1000}`),
    watchdogIntervalMs: watchdogInterval(environment),
    async flushed() {
      const controller = new AbortController();
      await Promise.race([last, delay(FLUSH_LIMIT_MS, controller.signal)]);
      controller.abort();
    },
  };
}

/** For the log. `failure` is what `onSent` was called with. */
export function describeFailure(failure: string): string {
  const reason = printable(failure.replace(/^Error: /u, ""), LONGEST_STATUS);
  return `A notification to systemd failed: ${reason}. The status line in systemctl status is out of date until one succeeds.`;
}

/** Always one assignment: a second line would be an assignment of its own. */
function statusAssignment(text: string): string {
  return `STATUS=${printable(withoutSecrets(text), LONGEST_STATUS)}`;
}

function sender(environment: NodeJS.ProcessEnv): Send | undefined {
  // systemd.service(5), OpenFile= (253 and newer): a connected datagram socket, so that no process
  // has to be started.
  const [descriptor] = passedDescriptors(environment, DESCRIPTOR_NAME);
  if (descriptor !== undefined) {
    return async (assignments) => writeSync(descriptor, `${assignments.join("\n")}\n`);
  }
  return environment["NOTIFY_SOCKET"] === undefined ? undefined : spawnSystemdNotify;
}

/**
 * The package knows READY and STATUS; the rest goes through the same binary. It starts the binary
 * with the environment of this process, from which main.ts has removed what children do not need.
 */
const run = promisify(execFile);
const spawnSystemdNotify: Send = (assignments) => {
  const status = assignments.find((assignment) => assignment.startsWith("STATUS="))?.slice("STATUS=".length);
  const isReady = assignments.includes("READY=1");
  if (isReady || (status !== undefined && assignments.length === 1)) {
    return notify({ ...(isReady && { ready: true }), ...(status !== undefined && { status }) });
  }
  return run("systemd-notify", [`--pid=${process.pid}`, ...assignments], { timeout: 10_000 });
};

/** sd_watchdog_enabled(3): half of the time that systemd allows, ms. */
function watchdogInterval(environment: NodeJS.ProcessEnv): number | undefined {
  const allowedUs = Number(environment["WATCHDOG_USEC"]);
  const pid = environment["WATCHDOG_PID"];
  if (!Number.isFinite(allowedUs) || allowedUs <= 0) {
    return undefined;
  }
  return pid === undefined || pid === String(process.pid) ? allowedUs / 2000 : undefined;
}
