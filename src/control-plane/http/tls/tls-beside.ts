import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { opendirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace, shellWord, withSudo } from "../../../lib/shell-word.ts";
import { isPutAside, namesBeside } from "../../../lib/text/names-beside.ts";

/** A folder with more is no folder of certificates. */
const MAX_ENTRIES = 500;
const MAX_FILES = 40;
/** No chain of certificates of usual keys is larger. */
const MAX_BYTES = 64 * 1024;

/**
 * How two files that do not belong together become a pair: a file beside them has the certificate
 * of the key, or the key of the certificate. The server stands still while this looks.
 */
export function adviseOnPair(
  { certPath, keyPath }: { readonly certPath: string; readonly keyPath: string },
  own: X509Certificate,
  key: KeyObject,
  wallMs: number,
): string {
  const certificate = firstBeside(certPath, (text) => {
    const found = certificateIn(text);
    return found?.checkPrivateKey(key) === true && isValid(found, wallMs) ? found : undefined;
  });
  const other = firstBeside(keyPath, (text) => {
    const found = keyIn(text);
    return found !== undefined && own.checkPrivateKey(found) ? found : undefined;
  });
  const isCertificate =
    certificate !== undefined &&
    (other === undefined || !isPutAside(certificate.path) || isPutAside(other.path));
  if (isCertificate) {
    const what = `the certificate of that key, ${validity(certificate.found, own)}`;
    return putInPlace(certificate.path, certPath, what);
  }
  return other === undefined
    ? "use two files that were made together: the certificate that was issued for this key, or the key for which this certificate was issued"
    : putInPlace(other.path, keyPath, "the key of that certificate");
}

/**
 * Over the present file, which keeps its owner and its mode. Of a link, the file behind it is
 * kept: a copy of the link would only lead to the new text.
 */
function putInPlace(path: string, place: string, what: string): string {
  const has = `${printable(path, 400)} has ${what}`;
  const kept = [".old", ".before"].map((end) => `${place}${end}`).find((each) => each !== path) ?? "";
  return inPlace({
    host: `${has}. To put it in place, and keep the present file as ${printable(kept, 400)}, run:\n${withSudo(`cp -abL ${shellWord(place)} ${shellWord(kept)}`)}\n${withSudo(`cp ${shellWord(path)} ${shellWord(place)}`)}`,
    pod: `${has}: use that`,
  });
}

/** A person who sees two files has to know which of them is the later one. */
function validity({ validFromDate, validToDate }: X509Certificate, present: X509Certificate): string {
  const isNewer = validFromDate.getTime() > present.validFromDate.getTime();
  const days = `valid from ${utcTime(validFromDate.getTime())} to ${utcTime(validToDate.getTime())}`;
  return isNewer ? `newer than the present one (${days})` : days;
}

function isValid({ validFromDate, validToDate }: X509Certificate, wallMs: number): boolean {
  return validFromDate.getTime() <= wallMs && wallMs < validToDate.getTime();
}

/** The first small file in the folder of `path` in which `find` finds something. */
function firstBeside<Found>(
  path: string,
  find: (text: string) => Found | undefined,
): { readonly path: string; readonly found: Found } | undefined {
  for (const each of pathsBeside(path)) {
    const found = quietly(() => {
      const stats = statSync(each);
      return stats.isFile() && stats.size <= MAX_BYTES ? find(readFileSync(each, "latin1")) : undefined;
    });
    if (found !== undefined) {
      return { path: each, found };
    }
  }
  return undefined;
}

function pathsBeside(path: string): readonly string[] {
  const names = quietly(() => namesIn(dirname(path))) ?? [];
  // Another name could not be copied from a command as it is.
  const shown = names.filter((name) => printable(name) === name);
  return namesBeside(path, shown)
    .slice(0, MAX_FILES)
    .map((name) => join(dirname(path), name));
}

function namesIn(folder: string): string[] {
  const entries = opendirSync(folder);
  try {
    const names: string[] = [];
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      names.push(entry.name);
      if (names.length === MAX_ENTRIES) {
        break;
      }
    }
    return names;
  } finally {
    entries.closeSync();
  }
}

function certificateIn(text: string): X509Certificate | undefined {
  return text.includes("CERTIFICATE-----") ? new X509Certificate(text) : undefined;
}

function keyIn(text: string): KeyObject | undefined {
  return text.includes("PRIVATE KEY-----") ? createPrivateKey(text) : undefined;
}

/** Undefined if it cannot be read: this is only help. */
function quietly<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
