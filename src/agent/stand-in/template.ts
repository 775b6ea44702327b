import type { StandIn } from "./stand-in.ts";

/** A place in a template that a program, a shell or a person was to fill in. */
const PLACES: readonly RegExp[] = [
  /\$\{[^}]*\}?|\$\([^)]*\)?|\{\{|\}\}|\{%|%\}|<%|%>/u,
  /#\{[^}]*\}|%\([A-Za-z_]\w*\)|\(\([^()]+\)\)|\[\[[^[\]]+\]\]|\{[A-Za-z_][\w.-]*\}/u,
  /(?<![A-Za-z0-9])\$[A-Z_][A-Z0-9_]+|^\$[A-Za-z_]\w*$|^`[^`]+`$/u,
  /%[A-Z][A-Z0-9_]{2,}%|(?<![A-Za-z0-9])%[a-z][a-z0-9_]{2,}%|__[A-Z][A-Z0-9_]*__|@[A-Z][A-Z0-9_]*@|@@[^@]+@@/u,
  /\[[A-Z][A-Z0-9_ -]+\]|<[A-Za-z][\w .-]*>|\u00ab[^\u00bb]+\u00bb/u,
  // A specifier of systemd, such as %H: a whole word, because a percent sign alone may be meant.
  /(?:^|[-._/])%[A-Za-z](?=$|[-._/])/u,
];

/** A place that is whole. A password may have parts that look like any other. */
const SURE_PLACE = /\$\{[^}]+\}|\$\([^)]+\)|\{\{.+\}\}|\{%.+%\}|<%.+%>/u;

/** `https://user:password@`. */
const CREDENTIALS = /^([a-z][a-z\d+.-]*:\/\/)([^/?#@][^/?#]*)@/iu;

/** What programs write for a variable that has no value. */
const NO_VALUE = /^(?:undefined|null|NULL|\(null\)|nil|None|NaN|<nil>|<no value>|<none>|\[object Object\])$/u;

/** What people are to replace, with letters only. */
const WORDS =
  /^(?:todo|tbd|fixme|x{3,}|[a-z]{0,30}placeholder|changeit|fillmein|your[a-z]{0,30}(?:name|host|server|domain|executor|agent|url|address|company|org|organization|controlplane)|(?:paste|insert|enter|put|change|replace|edit)[a-z]{0,30}(?:here|me|this|name|host))$/u;

const REMEDY = "agent.toml has no variables: write the value itself, or have the template filled in.";

/**
 * Whether a setting is still what a template has in its place. Legal names are not: a word counts
 * only if nobody would give it to a host.
 */
export function unfilledTemplate(text: string): StandIn | undefined {
  if (NO_VALUE.test(text)) {
    return {
      code: "no-value",
      problem: "what a program writes for a variable that is not set",
      remedy: "Set that variable where the file is made, or write the value itself.",
    };
  }
  if (isUnfilled(text) || isWord(text) || isUnfilledUrl(text)) {
    return { code: "template", problem: "a template that nothing has filled in", remedy: REMEDY };
  }
  return undefined;
}

/** Whether a setting has such a place, and not only a password that looks like one. */
function isUnfilled(text: string): boolean {
  const [credentials = "", scheme = "", pair = ""] = CREDENTIALS.exec(text) ?? [];
  const [user = "", password = ""] = pair.split(/:(.*)/su);
  return hasPlace(scheme + text.slice(credentials.length)) || [user, password].some(isPlace);
}

function isPlace(text: string): boolean {
  return SURE_PLACE.test(text) || PLACES.some((place) => place.exec(text)?.[0] === text);
}

/** Whether a text has such a place. */
export function hasPlace(text: string): boolean {
  return PLACES.some((place) => place.test(text));
}

function isWord(text: string): boolean {
  return text.length <= 60 && WORDS.test(text.toLowerCase().replaceAll(/[^a-z\d]/gu, ""));
}

/** The host of a URL, if it is none that anybody has. */
function isUnfilledUrl(text: string): boolean {
  const host = /^[a-z]+:\/\/(?:[^/@]*@)?([^/:?#]+)/iu.exec(text)?.[1];
  if (host === undefined) {
    return false;
  }
  const isName = /^[A-Z]+(?:_[A-Z]+)+$|^(?:HOST|HOSTNAME|DOMAIN|SERVER|ADDRESS|URL|IP|FQDN)$/u.test(host);
  return isName || host.split(".").some((label) => isWord(label) || (host === label && NO_VALUE.test(label)));
}
