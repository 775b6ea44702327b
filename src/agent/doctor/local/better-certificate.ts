import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { isPutAside } from "../../../lib/text/names-beside.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import {
  type CertificateFile,
  type CertificateFiles,
  hasIssued,
  wayUp,
} from "../../systemd/service/certificate-files.ts";

/** A file of this host that repairs what a server shows, and what it is better for. */
export interface BetterCertificate {
  /**
   * `root`: the agent lacks it. The others lie beside the certificate. `chain`: it has the same
   * certificate, and more of its issuers. `issuer`: it has only the issuer that is missing.
   * `renewed`: it has another certificate of the same key. `other-key`: of another key.
   */
  readonly kind: "root" | "chain" | "issuer" | "renewed" | "other-key";
  readonly file: CertificateFile;
  /** Of the key of a certificate of another key. */
  readonly keyPath?: string;
}

/** What is wrong with the certificate that is shown to an agent that asks for `host`. */
export interface ShownCertificate {
  readonly cause: UnreachableCause;
  readonly host: string;
  /** This host's clock, epoch ms. */
  readonly nowMs: number;
}

/** The best of the files that repair it; undefined: none does. */
export function betterCertificate(
  files: CertificateFiles,
  shown: ShownCertificate,
): BetterCertificate | undefined {
  const { served, beside, root } = files;
  const isChain = shown.cause === "tls-untrusted";
  if (isChain && root !== undefined && isFit(served, shown) && isValid(root.chain[0], shown.nowMs)) {
    return { kind: "root", file: root };
  }
  if (!isChain && isFit(served, shown)) {
    return undefined;
  }
  const [own] = served.chain;
  const fit = beside.filter((file) => isFit(file, shown)).sort((a, b) => rank(b) - rank(a));
  const same = fit.find((file) => isSame(file, own) && (isChain ? leadsFurther(file, served) : true));
  if (same !== undefined) {
    return { kind: "chain", file: same };
  }
  const issuer = isChain ? beside.find(({ chain }) => isMissing(chain[0], served)) : undefined;
  // With its issuers it lacks nothing but the root, which is the agent's to have.
  const isWhole = isChain && wayUp(served.chain).length > 1;
  const others = fit.filter((file) => !isWhole && !isSame(file, own) && (!isChain || file.isTrusted));
  const renewed = others.find(({ chain }) => chain[0].publicKey.equals(own.publicKey));
  if (renewed !== undefined) {
    return { kind: "renewed", file: renewed };
  }
  if (issuer !== undefined) {
    return { kind: "issuer", file: issuer };
  }
  return ofOtherKey(others, files.keys);
}

/** The first one whose key is here, too. */
function ofOtherKey(
  others: readonly CertificateFile[],
  keys: CertificateFiles["keys"],
): BetterCertificate | undefined {
  for (const file of others.filter(({ path }) => !isPutAside(path))) {
    const key = keys.find(({ publicKey }) => publicKey.equals(file.chain[0].publicKey));
    if (key !== undefined) {
      return { kind: "other-key", file, keyPath: key.path };
    }
  }
  return undefined;
}

/** The names that the certificate of a file has no more, of those that another one has. */
export function lostNames(from: X509Certificate, to: X509Certificate): readonly string[] {
  const names = [...(from.subjectAltName ?? "").matchAll(/(?:DNS|IP Address):([^,\s"]+)/gu)];
  return names.map(([, name = ""]) => name).filter((name) => !isFor(to, name));
}

/** Those whose roots the agent has come first, then those that are valid longest. */
function rank({ chain: [own], isTrusted }: CertificateFile): number {
  return own.validToDate.getTime() + (isTrusted ? Number.MAX_SAFE_INTEGER / 2 : 0);
}

/** Whether the agent accepts all of it, as far as the root is its own. */
function isFit({ chain }: CertificateFile, { host, nowMs }: ShownCertificate): boolean {
  const [own] = chain;
  return isFor(own, host) && wayUp(chain).every((each) => isValid(each, nowMs));
}

function isValid({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs < validToDate.getTime();
}

function isFor(certificate: X509Certificate, host: string): boolean {
  const found =
    isIP(host) === 0
      ? certificate.checkHost(host.replace(/^\*(?=\.)/u, "any-name"), { subject: "never" })
      : certificate.checkIP(host);
  return found !== undefined;
}

function isSame({ chain: [own] }: CertificateFile, other: X509Certificate): boolean {
  return own.fingerprint256 === other.fingerprint256;
}

/** A root that is only added helps no agent that does not have it. */
function leadsFurther(file: CertificateFile, served: CertificateFile): boolean {
  const next = wayUp(file.chain)[wayUp(served.chain).length];
  return next !== undefined && !isRoot(next);
}

function isMissing(certificate: X509Certificate, served: CertificateFile): boolean {
  const last = wayUp(served.chain).at(-1);
  return last !== undefined && !isRoot(last) && !isRoot(certificate) && hasIssued(certificate, last);
}

function isRoot({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer;
}
