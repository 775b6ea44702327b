import { isIP } from "node:net";
import { isLoopbackAddress } from "../../../lib/loopback.ts";
import { printable } from "../../../lib/printable.ts";
import { editDistance } from "../../../lib/text/edit-distance.ts";

/** Why hosts(5) does not give a name an address, although something in it looks so. */
export interface HostsHint {
  /** A clause: `/etc/hosts has the similar name cp.exmaple.com (line 7)`. */
  readonly detail: string;
  /** A clause in the imperative. */
  readonly remedy: string;
}

interface HostsLine {
  readonly number: number;
  /** What is before the first white space. */
  readonly address: string;
  readonly names: readonly string[];
  readonly isComment: boolean;
}

/** In a longer file, advertisements are blocked below what a person wrote. */
const MAX_LINES = 2000;
const MAX_NAMES = 3;

/** Undefined if nothing in the text is like `name`. `setting` is where the name was written. */
export function hintInHosts(text: string, name: string, setting: string): HostsHint | undefined {
  const lines = linesOf(text);
  const wanted = name.toLowerCase();
  return faultIn(lines, wanted) ?? similarIn(lines, wanted, setting);
}

/** Whether a line, right or wrong, has this name. */
export function isInHosts(text: string, name: string): boolean {
  const wanted = name.toLowerCase();
  return linesOf(text).some(({ names, isComment }) => !isComment && names.some((each) => each === wanted));
}

/** The line, 1-based, that gives `name` this address; undefined if none does. */
export function lineInHosts(text: string, name: string, address: string): number | undefined {
  return addressLine(text, name, (each) => each === address)?.number;
}

/** The first line that makes `name` this host, which has these addresses beside its loopback. */
export function ownLineInHosts(text: string, name: string, own: readonly string[]) {
  return addressLine(text, name, (address) => isLoopbackAddress(address) || own.includes(address));
}

function addressLine(
  text: string,
  name: string,
  isOfKind: (address: string) => boolean,
): Pick<HostsLine, "address" | "number"> | undefined {
  const wanted = name.toLowerCase();
  return linesOf(text).find(
    ({ isComment, address, names }) => !isComment && isOfKind(address) && names.includes(wanted),
  );
}

function linesOf(text: string): readonly HostsLine[] {
  return text.split("\n", MAX_LINES).map((line, index) => {
    const isComment = /^\s*#/u.test(line);
    const words =
      line
        .replace(/^[\s#]+/u, "")
        .replace(/#.*/u, "")
        .toLowerCase()
        .match(/\S+/gu) ?? [];
    const [address = "", ...names] = words;
    return { number: index + 1, address, names, isComment };
  });
}

function faultIn(lines: readonly HostsLine[], wanted: string): HostsHint | undefined {
  for (const { number, address, names, isComment } of lines) {
    const place = `/etc/hosts line ${number}`;
    const isGood = isIP(address.replace(/%.*/u, "")) !== 0;
    const hasName = names.includes(wanted);
    if (isComment && isGood && hasName) {
      return { detail: `${place} has it behind a #`, remedy: `remove the # in ${place}` };
    }
    if (!isComment && !isGood && (hasName || address.includes(wanted))) {
      return {
        detail: `${place} begins with ${printable(address, 64)}, which is not an IP address`,
        remedy: `write ${place} as an IP address, a space, and the name`,
      };
    }
  }
  return undefined;
}

function similarIn(lines: readonly HostsLine[], wanted: string, setting: string): HostsHint | undefined {
  const similar = lines
    .filter(({ isComment }) => !isComment)
    .flatMap(({ number, names }) => names.map((name) => ({ number, name })))
    .filter(({ name }) => name !== wanted && isSimilar(name, wanted))
    .slice(0, MAX_NAMES);
  if (similar.length === 0) {
    return undefined;
  }
  const list = similar.map(({ number, name }) => `${printable(name, 64)} (line ${number})`).join(", ");
  return {
    detail: `/etc/hosts has the similar ${similar.length === 1 ? "name" : "names"} ${list}`,
    remedy: `correct the name in /etc/hosts or in ${setting}`,
  };
}

/** A slip of the keyboard, a final dot, a scheme or port beside it, or another domain. */
function isSimilar(name: string, wanted: string): boolean {
  const allowed = Math.min(2, Math.floor(wanted.length / 3));
  const isNear = Math.abs(name.length - wanted.length) <= allowed && editDistance(name, wanted) <= allowed;
  return isNear || name.includes(wanted) || firstLabel(name) === firstLabel(wanted);
}

function firstLabel(name: string): string {
  return name.replace(/\..*/u, "");
}
