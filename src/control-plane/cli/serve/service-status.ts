import type { Notifier } from "../../../lib/systemd/notifier.ts";
import type { ControlPlaneServer } from "../../server.ts";

/** On systemd 252 each change starts systemd-notify. */
const INTERVAL_MS = 30_000;

/** Keeps the line up to date that `systemctl status` shows. */
export function keepStatus(notifier: Notifier, server: ControlPlaneServer, url: string): { stop(): void } {
  notifier.ready(statusLine(server, url));
  const timer = setInterval(() => notifier.status(statusLine(server, url)), INTERVAL_MS);
  return {
    stop() {
      clearInterval(timer);
      notifier.stopping("Stopped.");
    },
  };
}

/** `Serving https://0.0.0.0:8443; 12 executors online`, after what is wrong with the database. */
function statusLine(server: ControlPlaneServer, url: string): string {
  const { online, isKeyless, problem } = server.state();
  const who = isKeyless ? "no key exists yet" : `${online} ${online === 1 ? "executor" : "executors"} online`;
  const serving = `Serving ${url}; ${who}`;
  return problem === undefined ? serving : `${problem}. ${serving}`;
}
