import {
  COMMENT_IN_VALUE,
  holdsComment,
  withoutQuotes,
} from "../../../lib/command-line/environment-variable.ts";
import { isLoopbackHost } from "../../../lib/loopback.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace } from "../../../lib/shell-word.ts";
import { unfilledTemplate } from "../../stand-in/template.ts";
import { countingAt, type Detour } from "../proxy/proxy-advice.ts";
import { type Exceptions, readExceptions } from "../proxy/proxy-exceptions.ts";

/**
 * How a request leaves this host. `unusable`: a proxy is configured, but its setting is wrong.
 * `note` is a clause that says which setting decided; undefined if there is none.
 */
export type Route =
  | { readonly kind: "direct"; readonly note?: string }
  /**
   * `source`: the setting or the variable that decided; `setting`: the same, with its place as far
   * as that is known.
   */
  | {
      readonly kind: "proxy";
      readonly proxy: URL;
      readonly source: string;
      readonly setting: string;
      readonly note?: string;
      /** How to go without it. */
      readonly without?: Detour;
    }
  | { readonly kind: "unusable"; readonly problem: string; readonly remedy: string };

interface RouteInput {
  readonly endpoint: URL;
  /** `control_plane.proxy`: a URL, `none`, or undefined to use the environment. */
  readonly proxy: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /**
   * Where variables of `environment`, and `control_plane.proxy`, are set, for messages; undefined:
   * it is not known.
   */
  readonly variablePlaces?: ReadonlyMap<string, string> | undefined;
}

/** As curl has it for an https URL: lower case first. */
const VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/** For plain HTTP alone, which only goes to this host, and never through a proxy. */
const UNUSED = ["http_proxy", "HTTP_PROXY"];
const EXCEPTIONS = ["no_proxy", "NO_PROXY"];
/** All variables that decide how a request leaves this host. */
export const PROXY_VARIABLES: readonly string[] = [...VARIABLES, ...UNUSED, ...EXCEPTIONS];

/** An entry of NO_PROXY that may be shown is short. */
const LONGEST_ENTRY = 60;

/**
 * Loopback never goes through a proxy, so plain HTTP never does. NO_PROXY does not apply to an
 * explicit proxy.
 */
export function proxyRoute({ endpoint, proxy, environment, variablePlaces }: RouteInput): Route {
  if (isLoopbackHost(endpoint.hostname)) {
    return { kind: "direct" };
  }
  const named = (name: string) => {
    const place = variablePlaces?.get(name);
    return place === undefined ? name : `${name} (${printable(place, 400)})`;
  };
  if (proxy !== undefined) {
    const setting = { source: OWN_SETTING, name: named(OWN_SETTING) };
    return proxy === "none" ? { kind: "direct" } : usableProxy(proxy, setting, { clause: useNone() });
  }
  const variable = firstSet(VARIABLES, environment);
  if (variable === undefined) {
    const unused = firstSet(UNUSED, environment);
    return unused === undefined
      ? { kind: "direct" }
      : {
          kind: "direct",
          note: `${named(unused)} is set, but it is for http:// alone: https:// needs HTTPS_PROXY`,
        };
  }
  const run = countingAt(variablePlaces?.get(variable));
  const setting = { source: variable, name: named(variable), run };
  const exempting = firstSet(EXCEPTIONS, environment);
  if (exempting === undefined) {
    const without = orNone(`add it to NO_PROXY where ${variable} is set`, run);
    return usableProxy(environment[variable] ?? "", setting, without);
  }
  const exceptions = readExceptions(endpoint, environment[exempting] ?? "");
  const { matched } = exceptions;
  if (matched !== undefined) {
    const entry = isShown(matched, exceptions) ? ` (entry ${printable(matched)})` : "";
    return {
      kind: "direct",
      note: `${named(exempting)} excepts it from the proxy in ${setting.name}${entry}`,
    };
  }
  const { near } = exceptions;
  const note = notExcepted(named(exempting), exceptions, endpoint);
  const runToExcept = countingAt(variablePlaces?.get(exempting));
  const without =
    near === undefined || !isShown(near.written, exceptions)
      ? orNone(`add it to ${named(exempting)}`, runToExcept)
      : {
          clause: `correct ${printable(near.written)} to ${printable(near.meant)} in ${named(exempting)}`,
          run: runToExcept,
        };
  return usableProxy(environment[variable] ?? "", setting, without, note);
}

/** The one that ends with commands comes last. */
function orNone(clause: string, run: string | undefined): Detour {
  return run === undefined
    ? { clause: `${clause}, or ${useNone()}` }
    : { clause: `${useNone()}, or ${clause}`, run };
}

/** Longer lists hide the rest of the line, characters. */
const LONGEST_LIST = 120;

/** A password in one entry may be cut into several. */
function isShown(entry: string, { entries }: Exceptions): boolean {
  return entry.length <= LONGEST_ENTRY && !entries.some((each) => each.includes("@"));
}

/** The value of NO_PROXY; empty if it may hold a password. */
function shownList(exceptions: Exceptions): string {
  const { entries } = exceptions;
  if (entries.some((entry) => entry.includes("@"))) {
    return "";
  }
  let list = "";
  for (const [index, entry] of entries.entries()) {
    const longer = `${list}${list === "" ? "" : ","}${isShown(entry, exceptions) ? printable(entry) : "…"}`;
    if (longer.length > LONGEST_LIST) {
      return `${list} and ${entries.length - index} more`;
    }
    list = longer;
  }
  return list;
}

function notExcepted(variable: string, exceptions: Exceptions, { hostname }: URL): string {
  const { near, notUnderstood } = exceptions;
  const list = shownList(exceptions);
  const host = printable(hostname);
  const none =
    list === ""
      ? `; no entry of ${variable} matches ${host}`
      : `; ${variable} is ${list}, and no entry of it matches ${host}`;
  if (near !== undefined && isShown(near.written, exceptions)) {
    return `${none}: ${printable(near.written)} is nearly ${printable(near.meant)}`;
  }
  const [first] = notUnderstood;
  if (first === undefined) {
    return none;
  }
  const entry = isShown(first, exceptions) ? `: ${printable(first)}` : "";
  return `${none}, and one is neither a name nor an address nor a range${entry}`;
}

function firstSet(names: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  return names.find((name) => withoutQuotes(environment[name] ?? "") !== "");
}

interface ProxySetting {
  readonly source: string;
  /** The same with its place, as far as it is known. */
  readonly name: string;
  /** The commands after which a change of it counts, if it is in the unit of the service. */
  readonly run?: string | undefined;
}

const OWN_SETTING = "control_plane.proxy";

function useNone(): string {
  return inPlace({
    host: 'set proxy = "none" under [control_plane] in agent.toml',
    pod: "set controlPlane.proxy to none in the values of the chart",
  });
}

/** The value is not repeated: it may hold the password of the proxy. */
function usableProxy(text: string, setting: ProxySetting, without: Detour, more = ""): Route {
  const { source, name, run } = setting;
  const unusable = (problem: string, remedy: string): Route => ({
    kind: "unusable",
    problem,
    remedy: run === undefined ? remedy : `${remedy}, then run: ${run}`,
  });
  const form = `write ${source} as http://host:port, or as http://user:password@host:port`;
  if (unfilledTemplate(withoutQuotes(text)) !== undefined) {
    const remedy = `write the proxy itself into ${source}: a unit and its environment file are read by no shell`;
    return unusable(`the proxy in ${name} is a template that nothing has filled in`, remedy);
  }
  const proxy = URL.parse(withoutQuotes(text));
  if (proxy === null) {
    return holdsComment(text)
      ? unusable(
          `the proxy in ${name} is not a URL, because ${COMMENT_IN_VALUE}`,
          `put the comment behind ${source} on a line of its own`,
        )
      : unusable(`the proxy in ${name} is not a URL`, form);
  }
  if (/^socks/u.test(proxy.protocol)) {
    const remedy = `name an HTTP proxy in ${source}, or set HTTPS_PROXY or control_plane.proxy`;
    return unusable(`the proxy in ${name} is a SOCKS proxy, which the agent does not support`, remedy);
  }
  if (proxy.protocol !== "http:" && proxy.protocol !== "https:") {
    return unusable(`the proxy in ${name} does not begin with http:// or https://`, form);
  }
  if (!isDecodable(proxy.username) || !isDecodable(proxy.password)) {
    const remedy = `write a percent sign in the credentials of ${source} as %25`;
    return unusable(`the credentials of the proxy in ${name} contain a % that is not an escape`, remedy);
  }
  return { kind: "proxy", proxy, source, setting: name, note: `set in ${name}${more}`, without };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
