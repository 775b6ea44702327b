import { isIP } from "node:net";
import { printable } from "../../../lib/printable.ts";
import { asRoot, inPlace } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import { controlPlaneUrl } from "../../config/schema/config-url.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import { type LocalStart, SERVICE, startCause, startRemedy } from "./local-start.ts";

const SETTINGS = `/etc/default/${SERVICE}`;
/** Its PORT unless that is set. */
const USUAL_PORT = "3000";
const ANY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/** The control plane that is installed on the host of the agent, as systemd sees it. */
export interface LocalControlPlane extends LocalStart {
  /** Whether a signal has stopped its process. */
  readonly isStopped?: boolean;
  /** Where it serves, if it runs and its status says so. */
  readonly url: string | undefined;
  /** What the name in `url` means: `127.0.1.1 (/etc/hosts line 2)`. */
  readonly address: string | undefined;
  /** The lines in force of its environment file that begin with `HOST=` and `PORT=`. */
  readonly settings: { readonly HOST?: string | undefined; readonly PORT?: string | undefined };
}

/** What this host knows of a server that is this host itself. */
export interface Here {
  /** Undefined: no control plane is installed on this host. */
  readonly local: LocalControlPlane | undefined;
  /** Whether the interface is up over which a host reaches itself. */
  readonly isLoopbackUp: boolean;
}

const NO_ANSWER: ReadonlySet<UnreachableCause> = new Set(["connection-refused", "timeout", "network"]);

/** Something answered that is no control plane. */
const OTHER_PROGRAM: ReadonlySet<UnreachableCause> = new Set([
  "not-a-control-plane",
  "captive-portal",
  "redirect",
  "foreign-refusal",
]);

/** Why this host itself did not answer, if its control plane says so: a clause. */
export function causeHere({ local, isLoopbackUp }: Here, cause: UnreachableCause): string | undefined {
  return local !== undefined && isLoopbackUp && NO_ANSWER.has(cause) ? startCause(local) : undefined;
}

/** What to do if an exchange with the agent's URL `wanted` failed, which is on this host. */
export function remedyHere(here: Here, cause: UnreachableCause, wanted: string): Remedy | undefined {
  return inPlace({ host: () => onHost(here, cause, new URL(wanted)), pod: () => undefined })();
}

function onHost({ local, isLoopbackUp }: Here, cause: UnreachableCause, wanted: URL): Remedy | undefined {
  if (OTHER_PROGRAM.has(cause)) {
    return local === undefined ? undefined : taken(local, wanted);
  }
  if (!NO_ANSWER.has(cause)) {
    return undefined;
  }
  if (!isLoopbackUp) {
    return [
      step(
        "The interface lo, over which this host reaches itself, is down. Run:",
        asRoot("ip link set lo up"),
      ),
    ];
  }
  const own = local === undefined ? undefined : localRemedy(local, wanted.origin);
  if (own !== undefined || cause === "network") {
    return own;
  }
  const seeRules = step("To see the rules, run:", asRoot("nft list ruleset"));
  if (cause === "timeout") {
    return [
      step(
        "That server is this host itself: either a rule of its firewall drops the packets, or the program at that port hangs.",
      ),
      seeRules,
      step("To see the program, run:", listenersAt(wanted)),
    ];
  }
  return local?.url === undefined
    ? undefined
    : [
        step(
          "The control plane of this host serves there now. If doctor finds the same again, a rule of this host's firewall refuses the connection.",
        ),
        seeRules,
      ];
}

/** Another program is at the agent's URL: the control plane is elsewhere, or its port was taken. */
function taken(local: LocalControlPlane, wanted: URL): Remedy | undefined {
  if (local.active === "active") {
    return localRemedy(local, wanted.origin);
  }
  if (local.isMasked || portOf(wanted) !== (local.settings.PORT ?? USUAL_PORT)) {
    return undefined;
  }
  return [
    step(
      "Another program has the port of this host's control plane, which does not run. To see it, run:",
      listenersAt(wanted),
    ),
    step("Stop it, then run:", asRoot(`systemctl restart ${SERVICE}`)),
  ];
}

function listenersAt(url: URL): string {
  return asRoot(`ss -ltnp 'sport = :${portOf(url)}'`);
}

/** What to do if the agent's URL `wanted`, on this host, refuses connections. */
export function localRemedy(local: LocalControlPlane, wanted: string): Remedy | undefined {
  const { active, isMasked, url, isStopped = false } = local;
  const start = asRoot(`systemctl start ${SERVICE}`);
  if (isMasked) {
    const unmask = asRoot(`systemctl unmask ${SERVICE}`);
    return [step("The control plane of this host is masked, so it does not run:", unmask, start)];
  }
  if (active === "failed" || active === "activating") {
    return startRemedy(local);
  }
  if (active === "inactive") {
    return [step("The control plane of this host is stopped. Start it:", start)];
  }
  if (isStopped) {
    const say = "The process of this host's control plane is stopped, as by SIGSTOP. Let it go on:";
    return [step(say, asRoot(`systemctl kill --signal=CONT ${SERVICE}`))];
  }
  return url === undefined ? undefined : elsewhere(local, new URL(url), new URL(wanted));
}

/** It runs, and serves another address than the agent asks. */
function elsewhere({ address, settings }: LocalControlPlane, serves: URL, wanted: URL): Remedy | undefined {
  const suggested = acceptable(serves, wanted);
  if (suggested?.origin === wanted.origin) {
    return undefined;
  }
  if (suggested !== undefined) {
    const { PORT } = settings;
    const why = PORT === undefined ? "" : ` (PORT=${printable(PORT)} in ${SETTINGS})`;
    return `The control plane of this host serves ${printable(serves.origin, 200)}${why}: set control_plane.url to ${suggested.origin}, if it is the one.`;
  }
  const name = printable(serves.hostname, 200);
  const place = address === undefined ? name : `${name} (${address})`;
  const { HOST } = settings;
  const is = `The control plane of this host runs, but it listens on ${place} port ${portOf(serves)}, not ${wanted.hostname} port ${portOf(wanted)}`;
  const restart = asRoot(`systemctl restart ${SERVICE}`);
  return HOST === undefined
    ? [
        step(
          `${is}: remove its HOST from ${SETTINGS}, or from the unit. To see the unit, run:`,
          asRoot(`systemctl cat ${SERVICE}`),
        ),
        step("Then restart it:", restart),
      ]
    : [step(`${is}: remove HOST=${printable(HOST)} from ${SETTINGS} and restart it:`, restart)];
}

/** The URL of the server that the agent accepts, if there is one. */
function acceptable(serves: URL, wanted: URL): URL | undefined {
  const hosts = ANY_ADDRESS.has(serves.hostname) ? [wanted.hostname, "127.0.0.1"] : [serves.hostname];
  return hosts
    .map((host) => new URL(`${serves.protocol}//${host}:${portOf(serves)}`))
    .find((url) => controlPlaneUrl.safeParse(url.origin).success);
}

function portOf({ port, protocol }: URL): string {
  return port === "" ? (protocol === "https:" ? "443" : "80") : port;
}

/** The last assignment of each counts: systemd.exec(5). */
export function listeningSettings(text: string): LocalControlPlane["settings"] {
  const last = (name: string) => {
    const found = text.match(new RegExp(`^\\s*${name}\\s*=.*$`, "gmu"))?.at(-1);
    const value = found?.slice(found.indexOf("=") + 1).trim();
    return value === "" ? undefined : value?.replace(/^(["'])(.*)\1$/u, "$2");
  };
  return { HOST: last("HOST"), PORT: last("PORT") };
}

/** Whether the host of a URL needs a look-up to become an address. */
export function isName({ hostname }: URL): boolean {
  return isIP(hostname.replace(/^\[|\]$/gu, "")) === 0;
}
