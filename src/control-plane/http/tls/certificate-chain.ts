import type { KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";

/** The certificates of a file, in its order: the server's own, and those that lead to a root. */
export type CertificateChain = readonly [X509Certificate, ...X509Certificate[]];

export const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

/** `read` gets each PEM block with its number, from 1, and how many there are. */
export function readChain(
  pem: string,
  read: (block: string, number: number, of: number) => X509Certificate,
): CertificateChain {
  const blocks = pem.split(/(?=-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----)/);
  const [first = "", ...rest] = blocks.filter((block) => CERTIFICATE.test(block));
  const of = rest.length + 1;
  return [read(first, 1, of), ...rest.map((block, index) => read(block, index + 2, of))];
}

/** Where in the chain the certificate of the key is, from 1; undefined: nowhere. */
export function placeOfKey(chain: CertificateChain, key: KeyObject): number | undefined {
  const index = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  return index === -1 ? undefined : index + 1;
}

/** What some clients refuse in a chain that others accept, as a clause; undefined: nothing. */
export function flawOf(chain: CertificateChain, wallMs: number): string | undefined {
  const [own, ...above] = chain;
  if (above.length === 0 && isIssuerElsewhere(own)) {
    return `it has only the server's own certificate, and not that of its issuer (${named(own.issuer)}), which clients would have to download. Fix: name the file with the whole chain, mostly fullchain.pem, unless each client has that issuer as a root`;
  }
  for (const [index, issuer] of above.entries()) {
    const issued = chain[index];
    const which = `certificate ${index + 2} of ${chain.length} (${nameOf(issuer)})`;
    if (issued?.checkIssued(issuer) === false) {
      return `${which} did not issue the one before it. Fix: put the issuer of each certificate right after it`;
    }
    if (issuer.validToDate.getTime() <= wallMs) {
      return `${which} expired at ${utcTime(issuer.validToDate.getTime())}. Fix: have the chain made again, with the issuer's present certificate`;
    }
  }
  return undefined;
}

/**
 * Whether an authority that names its certificate's address issued it (RFC 5280, 4.2.2.1): mostly
 * that is no root, and some clients download it, and others refuse the chain.
 */
function isIssuerElsewhere({ subject, issuer, infoAccess = "" }: X509Certificate): boolean {
  return subject !== issuer && infoAccess.includes("CA Issuers - URI:");
}

/** The names for which clients accept it: `cp.example.com`, `*.example.com`, `192.0.2.7`. */
export function hostsOf({ subjectAltName = "" }: X509Certificate): readonly string[] {
  return [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s"]+)/g)].map(([, host = ""]) => host);
}

/** Whether clients that connect to `host` accept the name of the certificate. */
export function isFor(certificate: X509Certificate, host: string): boolean {
  const found =
    isIP(host) === 0
      ? certificate.checkHost(host.replace(/^\*(?=\.)/, "any-name"), { subject: "never" })
      : certificate.checkIP(host);
  return found !== undefined;
}

export function nameOf({ subject }: X509Certificate): string {
  return named(subject);
}

function named(subject: string): string {
  return printable(subject.replaceAll("\n", ", "), 120);
}
