import { describeFailure, type Notifier } from "../../../lib/systemd/notifier.ts";
import type { Logger } from "../../log/logger.ts";
import type { ControlPlaneServer } from "../../server.ts";

/** A lost database must not stay hidden for longer. */
const LOOK_MS = 1000;
/** For the number of executors: on systemd 252 each change starts systemd-notify. */
const LOOKS_BETWEEN = 30;

type StatusOf = Pick<ControlPlaneServer, "state">;

/** Keeps the line up to date that `systemctl status` shows. */
export function keepStatus(notifier: Notifier, server: StatusOf, url: string): { stop(): void } {
  let said = problemOf(server);
  let looks = 0;
  notifier.ready(statusLine(server, url));
  const timer = setInterval(() => {
    looks += 1;
    const problem = problemOf(server);
    if (problem !== said || looks >= LOOKS_BETWEEN) {
      said = problem;
      looks = 0;
      notifier.status(statusLine(server, url));
    }
  }, LOOK_MS);
  return {
    stop() {
      clearInterval(timer);
      notifier.stopping("Stopped.");
    },
  };
}

function problemOf(server: StatusOf): string | undefined {
  const { unusable, problem } = server.state();
  return unusable ?? problem;
}

/** `Serving https://0.0.0.0:8443; 12 executors online`, or what is wrong with the database. */
function statusLine(server: StatusOf, url: string): string {
  const { online, isKeyless, unusable, problem } = server.state();
  if (unusable !== undefined) {
    return `The database cannot be used: ${unusable}. Executors and changes get 503. Listening on ${url}`;
  }
  const who = isKeyless ? "no key exists yet" : `${online} ${online === 1 ? "executor" : "executors"} online`;
  const serving = `Serving ${url}; ${who}`;
  return problem === undefined ? serving : `${problem}. ${serving}`;
}

/** Logs the first of several failures in a row. */
export function sayNotificationFailures(logger: Logger): (failure: string | undefined) => void {
  let isFailing = false;
  return (failure) => {
    if (failure !== undefined && !isFailing) {
      logger.warn({ event: "systemd.unreachable" }, describeFailure(failure));
    }
    isFailing = failure !== undefined;
  };
}
