import { printable } from "../../../lib/printable.ts";
import { sentence } from "../../../lib/sentence.ts";
import { shellWord, withSudo } from "../../../lib/shell-word.ts";
import { type Unreachable, unreachable } from "../answer/sync-outcome.ts";
import { checkAnd, type ProxyAdvice } from "../proxy/proxy-advice.ts";
import { hintInHosts, isInHosts } from "./hosts-file.ts";
import type { NameSettings } from "./name-settings.ts";
import { askToo, type NameSwitch, placeOfSwitch } from "./name-switch.ts";

/** Which name could not be looked up. */
export interface NamePlace {
  readonly name: string;
  /** What names the proxy, if it is the proxy's name; undefined: it is the control plane's. */
  readonly proxySetting: string | undefined;
  /** When and how to go without the proxy; undefined if none is used. */
  readonly withoutProxy?: ProxyAdvice | undefined;
  /** How long a look-up is waited for, ms. */
  readonly limitMs: number;
}

/** getaddrinfo(3), and our own code for one that goes on. */
const CODES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "lookup-unfinished"]);
/** Where systemd-resolved(8) listens. */
const RESOLVED = ["127.0.0.53", "127.0.0.54"];

/** Whether a look-up failed, also in a way that is no fault of DNS (`EBUSY`, `EMFILE`). */
export function isNameError(code: string, error?: unknown): boolean {
  return CODES.has(code) || isOfLookUp(error);
}

function isOfLookUp(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  return ("syscall" in error && error.syscall === "getaddrinfo") || isOfLookUp(error.cause);
}

/** The meaning of a look-up that failed: who was asked, and what /etc/hosts has to do with it. */
export function unreachableByName(code: string, place: NamePlace, settings: NameSettings): Unreachable {
  const name = printable(place.name, 255);
  const who =
    place.proxySetting !== undefined
      ? `the name ${name} of the proxy in ${variableOf(place.proxySetting)}`
      : `the name ${name}`;
  const hint = hostsHint(place, settings);
  const clue = hint === undefined ? "" : `; ${hint.detail}`;
  const remedy = hint?.remedy ?? plainRemedy(code, place, settings);
  const { clause, run } = typeof remedy === "string" ? { clause: remedy } : remedy;
  const clauses = checkAnd(clause, place.withoutProxy);
  return unreachable("dns", `${failure(code, who, settings, place.limitMs)}${clue}`, {
    remedy: run === undefined ? clauses : clauses === "" ? run : `${clauses}. ${sentence(run)}`,
  });
}

/** What to do, as a clause, and as a clause that ends with a command, which is to come last. */
interface RunRemedy {
  readonly clause?: string;
  readonly run?: string;
}

/** The setting without its place, which the remedy names. */
function variableOf(setting: string): string {
  return setting.replace(/ \(.*$/u, "");
}

function failure(code: string, who: string, settings: NameSettings, limitMs: number): string {
  const asked = askedOf(settings);
  if (asked === undefined) {
    return `${notAsked(who, settings.nameSwitch)} (${code})`;
  }
  switch (code) {
    case "lookup-unfinished":
      return `the look-up of ${who} takes longer than ${limitMs / 1000} s, asking ${asked}`;
    case "ENOTFOUND":
    case "EAI_NODATA":
      return `no host has ${who}: asked ${asked} (${code})`;
    case "EAI_AGAIN":
    case "EAI_FAIL":
      return `${who} could not be looked up: no usable answer from ${asked} (${code})`;
    default:
      return `${who} could not be looked up: this host failed while it asked ${asked} (${code})`;
  }
}

function notAsked(who: string, found: NameSwitch): string {
  const { sources, endsAt } = found;
  const place = placeOfSwitch(found);
  if (!sources.includes("files")) {
    return `neither /etc/hosts nor DNS is asked for ${who}: "hosts:" in ${place} has neither files nor dns`;
  }
  const why = endsAt === undefined ? "does not have dns" : `ends at ${printable(endsAt, 64)}`;
  return `${who} is not in /etc/hosts, and DNS is not asked: "hosts:" in ${place} ${why}`;
}

function plainRemedy(code: string, place: NamePlace, settings: NameSettings): RunRemedy | string {
  const word = shellWord(place.name);
  if (settings.ignoredServers.length > 0) {
    return "write each nameserver in /etc/resolv.conf as an IP address, without a name or a port";
  }
  if (askedOf(settings) === undefined) {
    return `${askToo(settings.nameSwitch, "dns")}, or write a line with the address of ${word} and this name into /etc/hosts`;
  }
  const tryIt = usesResolved(settings) ? `resolvectl query ${word}` : `getent hosts ${word}`;
  return code === "ENOTFOUND"
    ? {
        clause: `check the name in ${settingOf(place)}`,
        run: `to see whether this host's DNS knows it, run: ${tryIt}`,
      }
    : { run: `to see whether this host's DNS answers, run: ${tryIt}` };
}

function settingOf({ proxySetting = "control_plane.url" }: NamePlace): string {
  return proxySetting;
}

/** Undefined if no DNS server is asked at all. */
function askedOf(settings: NameSettings): string | undefined {
  const { nameSwitch, servers, ignoredServers, resolvConf, searchDomains } = settings;
  if (usesResolved(settings)) {
    return "systemd-resolved";
  }
  if (!nameSwitch.sources.includes("dns")) {
    return undefined;
  }
  const ignored = ignoredServers.map((server) => printable(server, 64)).join(", ");
  if (servers.length === 0) {
    return `a DNS server on this host, because ${whyNone(resolvConf, ignored)}`;
  }
  const search = searchDomains.length > 1 ? ` with ${searchDomains.length} search domains` : "";
  const list = servers.map((server) => printable(server, 64)).join(", ");
  const but = ignored === "" ? "" : `, and not ${ignored}, which is not an IP address`;
  return `DNS ${servers.length === 1 ? "server" : "servers"} ${list} (/etc/resolv.conf)${search}${but}`;
}

function whyNone(resolvConf: NameSettings["resolvConf"], ignored: string): string {
  switch (resolvConf) {
    case "missing":
      return "there is no /etc/resolv.conf";
    case "denied":
      return "this user may not read /etc/resolv.conf";
    case "read":
      return ignored === ""
        ? "/etc/resolv.conf names no server"
        : `/etc/resolv.conf names ${ignored}, which is not an IP address`;
  }
}

function usesResolved({ nameSwitch, hasResolved, servers }: NameSettings): boolean {
  const { sources } = nameSwitch;
  const byModule = hasResolved && sources.includes("resolve");
  const byStub =
    sources.includes("dns") && servers.length > 0 && servers.every((each) => RESOLVED.includes(each));
  return byModule || byStub;
}

function hostsHint(
  place: NamePlace,
  settings: NameSettings,
): { readonly detail: string; readonly remedy: RunRemedy | string } | undefined {
  const { nameSwitch, hosts, hostsFile } = settings;
  if (hostsFile === "denied") {
    return {
      detail: "the user of this process may not read /etc/hosts",
      remedy: { run: `to let everybody read it, run: ${withSudo("chmod a+r /etc/hosts")}` },
    };
  }
  if (nameSwitch.sources.includes("files")) {
    return hintInHosts(hosts, place.name, settingOf(place));
  }
  return isInHosts(hosts, place.name)
    ? {
        detail: `/etc/hosts has it and is not asked: ${whyNotFiles(nameSwitch)}`,
        remedy: askToo(nameSwitch, "files"),
      }
    : undefined;
}

function whyNotFiles(found: NameSwitch): string {
  const { endsAt } = found;
  const why = endsAt === undefined ? "does not have files" : `ends at ${printable(endsAt, 64)}`;
  return `"hosts:" in ${placeOfSwitch(found)} ${why}`;
}
