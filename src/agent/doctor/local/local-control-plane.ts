import { asRoot, inPlace } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import type { CertificateFiles } from "../../systemd/service/certificate-files.ts";
import type { DatabaseFile } from "../../systemd/service/database-file.ts";
import type { PortHolder } from "../../systemd/service/port-holder.ts";
import { type DropHere, dropSteps } from "../rules/dropped-here.ts";
import { type OutgoingRules, redirectSteps } from "../rules/outgoing-rules.ts";
import { elsewhere, type LocalAddress, leadsThere } from "./local-address.ts";
import { isTaken, listenersAt, takenRemedy, takenText } from "./local-holder.ts";
import { type LocalStart, SERVICE, startCause, startRemedy } from "./local-start.ts";

/** The control plane that is installed on the host of the agent, as systemd sees it. */
export interface LocalControlPlane extends LocalStart, LocalAddress {
  /** Whether a signal has stopped its process. */
  readonly isStopped?: boolean;
  /** 0: none. */
  readonly mainPid?: number;
  /** Its TLS_CERT, if it is known. */
  readonly certPath?: string | undefined;
  /** Whether its environment file sets that. */
  readonly isCertInFile?: boolean;
  /** Where it keeps everything, without a password. */
  readonly database?: string | undefined;
  /** What sets that; undefined: nothing, or nobody can tell. */
  readonly databaseSource?: string | undefined;
  /** Where root asks it; undefined: unknown. */
  readonly managementSocket?: string | undefined;
  /** Whether it says that no key exists. */
  readonly isKeyless?: boolean;
}

/** What this host knows of a server that is this host itself. */
export interface Here {
  /** Undefined: no control plane is installed on this host. */
  readonly local: LocalControlPlane | undefined;
  /** Whether the interface is up over which a host reaches itself. */
  readonly isLoopbackUp: boolean;
  /** What the host of the agent's URL means. */
  readonly addresses?: readonly string[];
  /** Who has its port; undefined: its control plane, or nobody can tell. */
  readonly holder?: PortHolder | undefined;
  /** What lies in the folder of its certificate; undefined: not looked at. */
  readonly certificates?: CertificateFiles | undefined;
  /** The agent's own roots; undefined: it has the public ones alone. */
  readonly caFile?: string | undefined;
  /** Of its database; undefined: not looked at, or it is no file. */
  readonly database?: DatabaseFile | undefined;
  /** Rules of its firewall that drop what it sends to itself. */
  readonly drops?: readonly DropHere[];
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
export function remedyHere(
  here: Here,
  cause: UnreachableCause,
  wanted: string,
  rules?: OutgoingRules,
): Remedy | undefined {
  return inPlace({ host: () => onHost(here, cause, new URL(wanted), rules), pod: () => undefined })();
}

function onHost(
  { local, isLoopbackUp, addresses = [], holder, drops = [] }: Here,
  cause: UnreachableCause,
  wanted: URL,
  rules: OutgoingRules | undefined,
): Remedy | undefined {
  const isThere = local !== undefined && leadsThere(local, wanted, addresses);
  if (OTHER_PROGRAM.has(cause)) {
    return local === undefined ? undefined : taken(local, wanted, addresses, holder);
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
  const own = local === undefined ? undefined : localRemedy(local, wanted.origin, addresses);
  if (own === undefined && drops.length > 0) {
    return dropSteps(drops);
  }
  if (own !== undefined || cause === "network") {
    return own;
  }
  if (isThere && rules !== undefined && rules.redirects.length > 0) {
    const start =
      "The control plane of this host listens there, but this host redirects what it sends to it, by";
    return redirectSteps(start, rules);
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
  return isThere
    ? [
        step(
          "The control plane of this host serves there now. If doctor finds the same again, a rule of this host's firewall refuses or redirects the connection.",
        ),
        seeRules,
      ]
    : undefined;
}

/** Another program is at the agent's URL: the control plane is elsewhere, or its port was taken. */
function taken(
  local: LocalControlPlane,
  wanted: URL,
  addresses: readonly string[],
  holder: PortHolder | undefined,
): Remedy | undefined {
  if (local.active === "active") {
    return localRemedy(local, wanted.origin, addresses);
  }
  return isTaken(local, wanted) ? takenRemedy(wanted, holder, local.database) : undefined;
}

/** Where the control plane of this host does not run, another one has refused the key. */
export function refusedHere(
  { local, holder }: Here,
  wanted: string,
): { readonly why: string; readonly remedy: Remedy } | undefined {
  const url = new URL(wanted);
  return local === undefined || !isTaken(local, url)
    ? undefined
    : {
        why: takenText(local, holder),
        remedy: takenRemedy(url, holder, local.database),
      };
}

/** What to do if the agent's URL `wanted`, on this host, refuses connections. */
export function localRemedy(
  local: LocalControlPlane,
  wanted: string,
  addresses: readonly string[] = [],
): Remedy | undefined {
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
  return url === undefined ? undefined : elsewhere(local, new URL(url), new URL(wanted), addresses);
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
