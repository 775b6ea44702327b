import { isLoopbackHost } from "../../../lib/loopback.ts";
import { controlPlaneUrl, MAYBE_LOCALHOST } from "./config-url.ts";
import { meantHost } from "./host-name.ts";
import { looksSecret } from "./secret-looks.ts";

/** How the scheme begins, as people mistype it: `https:/`, `https//`, `htps://`, `https:\\`. */
const SCHEME = /^(h+t+p+s?)(?:[:;.]*[\\/]+|[:;](?![\d\\/]))/iu;
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]*:[\\/]{2}/iu;
/** The pages of the control plane: people copy the address of the one that their browser shows. */
const PAGE =
  /^\/+(?:executors|api-keys|audit|connect|members|account|sign-in|setup|invitation)s?(?:\/.*)?$/iu;
const MAX_LENGTH = 2048;
const QUOTES = "\"'`\u2018\u2019\u201c\u201d";

/**
 * The URL of a control plane that a wrong one certainly means, as it is to be written; undefined if
 * it is not certain. No text with a secret or a user name in it means one.
 */
export function meantUrl(text: string): string | undefined {
  if (
    text.length > MAX_LENGTH ||
    text.includes("@") ||
    looksSecret(text) ||
    looksSecret(text.replaceAll(/[\s\p{C}]/gu, ""))
  ) {
    return undefined;
  }
  const bare = text
    .replaceAll(/\p{Cf}/gu, "")
    .replace(new RegExp(`^[\\s<${QUOTES}]+|[\\s>,;${QUOTES}]+$`, "gu"), "")
    // A space beside a sign of a URL separates nothing.
    .replaceAll(/\s*([:/\\])\s*/gu, "$1");
  const { schemes, rest } = schemesOf(bare);
  const [, authority = "", path = ""] = /^([^\\/?#]*)([^?#]*)/u.exec(rest.replace(/^:?[\\/]{2,}/u, "")) ?? [];
  const at = placeOf(authority, path.replaceAll("\\", "/"));
  if (at === undefined || OTHER_SCHEME.test(rest) || /[\s,;|]/u.test(authority)) {
    return undefined;
  }
  const scheme = schemeFor(schemes, at);
  const read = controlPlaneUrl.safeParse(`${scheme}://${at.host}${at.port}${at.path}`);
  return scheme === undefined || !read.success || looksSecret(read.data) ? undefined : read.data;
}

function schemesOf(text: string): { readonly schemes: readonly string[]; readonly rest: string } {
  const [whole, word] = SCHEME.exec(text) ?? [];
  if (whole === undefined || word === undefined) {
    return { schemes: [], rest: text };
  }
  const { schemes, rest } = schemesOf(text.slice(whole.length));
  return { schemes: [/s$/iu.test(word) ? "https" : "http", ...schemes], rest };
}

interface Place {
  readonly host: string;
  /** With its colon, or empty. */
  readonly port: string;
  readonly path: string;
}

/** With the port where it belongs: some write it twice, or behind a slash. */
function placeOf(authority: string, path: string): Place | undefined {
  const [, host, ports = ""] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)((?::\d*)*)$/iu.exec(authority) ?? [];
  if (host === undefined) {
    return undefined;
  }
  const [, behind = "", rest = path] =
    (ports.endsWith(":") ? /^\/+(\d+)(.*)$/su : /^\/+:(\d+)(.*)$/su).exec(path) ?? [];
  const [port, ...others] = new Set([...ports.split(":"), behind].filter((each) => each !== ""));
  // A number behind a slash may be a port, a path, or the length of a network.
  if (others.length > 0 || /^\/+\d+\/*$/u.test(rest)) {
    return undefined;
  }
  return { host, port: port === undefined ? "" : `:${port}`, path: PAGE.test(rest) ? "" : rest };
}

/** This host may serve either; a port for plain HTTP is none for https. */
function schemeFor(schemes: readonly string[], { host, port }: Place): string | undefined {
  const [scheme = "https", ...others] = new Set(schemes);
  if (isLoopbackHost(host)) {
    return schemes.length > 0 && others.length === 0 ? scheme : undefined;
  }
  return scheme === "http" && (port === ":80" || MAYBE_LOCALHOST.test(host)) ? undefined : "https";
}

/** The host in a URL, or in a host with a port, that certainly means it. */
export function hostIn(text: string): string | undefined {
  const url = URL.parse(meantUrl(/:[\\/]{2}/u.test(text) ? text : `https://${text}`) ?? "");
  const meant = url === null ? undefined : meantHost(url.hostname);
  return meant !== undefined && "host" in meant ? meant.host : undefined;
}
