import { isIP, isIPv6 } from "node:net";
import { domainToASCII, domainToUnicode } from "node:url";
import { isLoopbackAddress } from "../../../lib/loopback.ts";

const MAX_HOST = 253;
const MAX_LABEL = 63;

/** A way in which a host is wrong; `why` ends a sentence about what it must be. */
type Mistake = readonly [is: (host: string) => boolean, why: string];

/** With a plain dot for each that a URL reads as one. East Asian keyboards have such dots. */
export function plainDots(host: string): string {
  return host.replaceAll(/[\u3002\uff0e\uff61]/gu, ".");
}

/** Of every host, in a URL or not. The host has no port, no brackets and no final dot. */
const MISTAKES: readonly Mistake[] = [
  [
    (host) => host === "0.0.0.0" || (isIPv6(host) && /^[0:]+$/u.test(host)),
    "one that can be reached: 0.0.0.0 and :: are all addresses of a server",
  ],
  [
    (host) => (isIP(host) === 4 && Number.parseInt(host, 10) >= 224) || (isIPv6(host) && /^ff/iu.test(host)),
    "one that can be reached: this address is for groups (multicast) or for nobody",
  ],
  [
    (host) => /^fe[89ab][0-9a-f]:/iu.test(host),
    "without a link-local address (fe80::…): it has a meaning on one network only",
  ],
  [(host) => /[,;|]/u.test(host), "without a comma, a semicolon or a bar"],
  [(host) => /["'`\u2018-\u201f]/u.test(host), "without quotes in it"],
  [(host) => host.includes("*"), "without a star: it is one name, not a pattern"],
  [(host) => host.startsWith(".") || host.includes(".."), "without an empty part: two dots, or one in front"],
  [
    (host) => host.split(".").some((label) => /^-|-$/u.test(label)),
    "whose parts do not begin or end with a hyphen",
  ],
  [
    (host) => host.length > MAX_HOST || host.split(".").some((label) => label.length > MAX_LABEL),
    `of at most ${MAX_HOST} characters, and ${MAX_LABEL} between two dots`,
  ],
  [
    (host) => host.split(".").some(isBrokenCode),
    "with names whose xn-- code (Punycode) is whole: write the name in its own letters, or copy the code again",
  ],
];

/** RFC 3492: a part of a name in other letters. Node's URL lets a code pass that means none. */
function isBrokenCode(label: string): boolean {
  return /^xn--/iu.test(label) && /^xn--/iu.test(domainToUnicode(label));
}

/** Why `host` cannot be meant; undefined if it can. */
export function hostMistake(host: string): string | undefined {
  return MISTAKES.find(([is]) => is(host))?.[1];
}

/**
 * Why an address that is written as a number, or in octal or hexadecimal digits, cannot be meant.
 * `address` is what a URL makes of it: `1` is 0.0.0.1, and `010.0.0.1` is 8.0.0.1.
 */
export function oddAddress(host: string, address: string): string | undefined {
  if (isIP(address) !== 4 || host === address || isLoopbackAddress(address)) {
    return undefined;
  }
  return `with an IP address as four decimal numbers: this is ${address}`;
}

/** Of public_host alone: other software has to understand it as well. */
const STRICT_MISTAKES: readonly Mistake[] = [
  [(host) => /^[a-z][a-z0-9+.-]*:\/\//iu.test(host), "without a scheme such as https://"],
  [(host) => /^\[?[0-9a-f:.]*:[0-9a-f:.]*%/iu.test(host), "without the zone of an address (%…)"],
  [(host) => host.includes("/"), "without a path or the length of a network"],
  [(host) => /\s/u.test(host), "without white space"],
  [(host) => host.includes("@"), "without a user name"],
  [(host) => /^[^:]+:\d*$|\]:\d*$/u.test(host), "without a port"],
  [(host) => host.includes("_"), "without an underscore, which no host name has"],
  [
    (host) => /(^|\.)(\d+|0x[0-9a-f]*)$/iu.test(host) && isIP(host) === 0,
    "with an IP address as four decimal numbers from 0 to 255",
  ],
];

/** Why a host that is neither a name nor an address is none. Some characters look like others. */
export function noName(host: string): string {
  const [odd] = /[^\p{L}\p{M}\p{N}._-]/u.exec(host) ?? [];
  const code = odd?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return `with letters, digits, hyphens and dots only${code === undefined ? "" : `, and so without the character U+${code}`}`;
}

/**
 * The host name or IP address that a text means: without a final dot, without the brackets of a
 * URL, and with the ASCII form of an international name. Otherwise why it is none.
 */
export function meantHost(text: string): { readonly host: string } | { readonly why: string } {
  const bare = plainDots(text)
    .replace(/^\[([0-9a-f:.]+)\]$/iu, "$1")
    .replace(/(?<=[^.])\.$/u, "");
  const why = STRICT_MISTAKES.find(([is]) => is(bare))?.[1] ?? hostMistake(bare);
  if (why !== undefined) {
    return { why };
  }
  if (isIP(bare) !== 0) {
    return { host: bare };
  }
  const ascii = /^[\p{L}\p{M}\p{N}.-]+$/u.test(bare) ? domainToASCII(bare) : "";
  const isName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/u.test(ascii) && hostMistake(ascii) === undefined;
  if (!isName) {
    return { why: noName(bare) };
  }
  // Names are the same in either case; keep what was written.
  return { host: ascii === bare.toLowerCase() ? bare : ascii };
}
