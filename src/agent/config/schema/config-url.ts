import { z } from "zod";
import { isLoopbackHost } from "../../../lib/loopback.ts";
import { holdsKey } from "../../../protocol/key-shape.ts";
import { hostMistake, noName, oddAddress, plainDots } from "./host-name.ts";

const URL_WANTS = 'the control plane\'s address, such as "https://cp.example.com"';
const PROXY_WANTS = 'a proxy such as "http://proxy.example.com:3128", or "none" for no proxy';
const MAX_LENGTH = 2048;

/**
 * Accepts `https`, and `http` only to this host: the key must not cross a network unencrypted.
 * Decodes to the URL without `/graphql`.
 */
export const controlPlaneUrl = z.string({ error: URL_WANTS }).transform((text, context) => {
  const problem = urlProblem(text);
  if (problem === undefined) {
    return withoutEndpoint(new URL(text));
  }
  context.issues.push({ code: "custom", input: text, message: problem });
  return z.NEVER;
});

/** The URL of a proxy. It stays as written: undici needs it with its credentials. */
export const proxyUrl = z.string({ error: PROXY_WANTS }).superRefine((text, context) => {
  if (text === "none") {
    return;
  }
  const problem = proxyProblem(text);
  if (problem !== undefined) {
    context.issues.push({ code: "custom", input: text, message: problem });
  }
});

function urlProblem(text: string): string | undefined {
  if (text.length > MAX_LENGTH) {
    return `${URL_WANTS}, of at most ${MAX_LENGTH} characters`;
  }
  if (/[\s\p{C}]/u.test(text)) {
    return `${URL_WANTS}, without white space or invisible characters`;
  }
  if (!/^https?:\/\/[^/]/iu.test(text)) {
    return `${URL_WANTS}, starting with https://`;
  }
  const url = URL.parse(text);
  const mistake = urlMistake(text, url);
  if (mistake !== undefined) {
    return `${URL_WANTS}, ${mistake}`;
  }
  if (url === null) {
    return URL_WANTS;
  }
  if (holdsKey(text)) {
    return `${URL_WANTS}, without a key in it`;
  }
  if (url.username !== "" || url.password !== "") {
    return `${URL_WANTS}, without a user name or password in it`;
  }
  if (/[?#]/u.test(text)) {
    return `${URL_WANTS}, without a query (?…) or fragment (#…)`;
  }
  if (/(?:\/graphql\/*){2,}$/iu.test(url.pathname)) {
    return `${URL_WANTS}, with /graphql at most once`;
  }
  if (url.protocol === "http:" && MAYBE_LOCALHOST.test(url.hostname)) {
    return "http://localhost in place of this name, because a DNS server may be asked for it, and the answer may be another host: only localhost and the loopback addresses (127.0.0.1, ::1) are certain to be this host";
  }
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    return "https:// in place of http://, because plain HTTP shows the key to everybody on the network (http is for localhost only)";
  }
  return undefined;
}

function proxyProblem(text: string): string | undefined {
  if (text.length > MAX_LENGTH) {
    return `${PROXY_WANTS}, of at most ${MAX_LENGTH} characters`;
  }
  if (/[\s\p{C}]/u.test(text)) {
    return `${PROXY_WANTS}, without white space or invisible characters`;
  }
  if (!/^https?:\/\/[^/]/iu.test(text)) {
    return `${PROXY_WANTS}, starting with http:// or https://`;
  }
  const url = URL.parse(text);
  const mistake = urlMistake(text, url);
  if (mistake !== undefined) {
    return `${PROXY_WANTS}, ${mistake}`;
  }
  if (url === null || !isPercentEncoded(url.username) || !isPercentEncoded(url.password)) {
    return `${PROXY_WANTS}; a %, @, : or / in the user name or password is written as %25, %40, %3A or %2F`;
  }
  if (url.pathname !== "/" || /[?#]/u.test(text)) {
    return `${PROXY_WANTS}, without a path, query or fragment`;
  }
  return undefined;
}

/** Names that mean this host to people; /etc/hosts need not have them. */
export const MAYBE_LOCALHOST =
  /^(?:localhost\.|.+\.localhost\.?|localhost\.localdomain\.?|localhost[46](?:\..*)?|ip6-(?:localhost|loopback))$/iu;

/**
 * Why a text that begins like a URL cannot be meant, or is none (`url` is null); undefined if no
 * reason is known.
 */
function urlMistake(text: string, url: URL | null): string | undefined {
  if (/^https?:\/+[^/]*?(?:https?:|https?\/\/|:\/\/)/iu.test(text)) {
    return "with the scheme once";
  }
  if (/[,;"'`]$/u.test(text)) {
    return "without a comma, a semicolon or a quote at its end";
  }
  const authority = text
    .replace(/^[^/]*\/+/u, "")
    .replace(/[/?#].*$/su, "")
    .replace(/^.*@/su, "");
  if (/^\[[^\]]*%/u.test(authority)) {
    return "without the zone of an address (%…), which a URL cannot have: use a name or another address";
  }
  const [, host = "", , port] = /^(\[[^\]]*\]|[^:]*)(:(.*))?$/su.exec(authority) ?? [];
  if (host === "" || (port ?? "").includes(":")) {
    return colonMistake(authority);
  }
  if (port !== undefined && !(/^\d*$/u.test(port) && Number(port || 1) >= 1 && Number(port) <= 65_535)) {
    return "with a port from 1 to 65535";
  }
  const bare = plainDots(host)
    .replace(/^\[(.*)\]$/u, "$1")
    .replace(/(?<=[^.])\.$/u, "");
  if (/[(){}<>!^~=+$&\\]/u.test(bare)) {
    return "without brackets and other signs that no host name has";
  }
  // A URL may have other dashes, but they are hyphens that a word processor has replaced.
  if (/(?!-)[\p{Pd}\u2212]/u.test(bare)) {
    return noName(bare);
  }
  if (url === null) {
    return hostMistake(bare) ?? noAddress(host);
  }
  // The code of an international name is longer than the name.
  const code = url.hostname.replace(/^\[(.*)\]$/u, "$1").replace(/(?<=[^.])\.$/u, "");
  return hostMistake(bare) ?? oddAddress(bare, url.hostname) ?? hostMistake(code);
}

/** Of a host and port whose colons do not show which is which. */
function colonMistake(authority: string): string | undefined {
  if (/^[0-9a-f:]+$/iu.test(authority)) {
    return "with brackets around an IPv6 address";
  }
  if (/^\[[^\]]*$/u.test(authority)) {
    return "with a closing bracket behind the IPv6 address";
  }
  return authority === "" ? undefined : "with one port";
}

/** Of a host that is neither an address nor a name. */
function noAddress(host: string): string {
  if (host.startsWith("[")) {
    return "with an IPv6 address in the brackets: this is none";
  }
  return /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/iu.test(host)
    ? "with an IP address as four decimal numbers from 0 to 255"
    : noName(host);
}

/** Whether undici can decode the credentials: a stray `%` makes it throw. */
function isPercentEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

/**
 * People copy a trailing slash or `/graphql` from a browser. Both are unambiguous, so they are
 * removed.
 */
function withoutEndpoint(url: URL): string {
  return (
    url.origin +
    url.pathname
      .replace(/\/+$/u, "")
      .replace(/\/graphql$/iu, "")
      .replace(/\/+$/u, "")
  );
}
