import { X509Certificate } from "node:crypto";
import { type ChainLink, nameIn } from "./peer-certificate.ts";
import type { TlsExplanation } from "./tls-codes.ts";

/** OpenSSL has one code for several flaws; the chain shows which certificate has which. */
const OF_PURPOSE: ReadonlySet<string> = new Set(["INVALID_PURPOSE", "INVALID_CA"]);

/**
 * Finds the certificate of `chain` that may not do what it does there; undefined if none shows, or
 * if the code is about something else.
 */
export function chainFlaw(
  code: string,
  message: string,
  chain: readonly ChainLink[] = [],
): TlsExplanation | undefined {
  const isOfUsage = code === "UNSPECIFIED" && /key usage/.test(message);
  if (!OF_PURPOSE.has(code) && !isOfUsage) {
    return undefined;
  }
  const [leaf, ...issuers] = chain;
  if (isOfUsage) {
    return (
      leaf &&
      signer(leaf.issuer, "whose key usage does not allow it to sign certificates", "keyUsage=keyCertSign")
    );
  }
  if (leaf?.servesTls === false) {
    return {
      cause: "tls-other",
      detail: (address) => `the certificate of ${address} was not issued for a TLS server`,
      remedy: "have a new certificate issued for the control plane, with extendedKeyUsage=serverAuth",
    };
  }
  const pretender = issuers.find(({ isAuthority }) => !isAuthority);
  if (pretender !== undefined) {
    return signer(
      pretender.name,
      "whose own certificate is not that of an authority (no CA:TRUE)",
      "basicConstraints=CA:TRUE",
    );
  }
  const narrow = issuers.find(({ servesTls }) => !servesTls);
  return (
    narrow &&
    signer(narrow.name, "which may not certify TLS servers", "extendedKeyUsage=serverAuth, or without one")
  );
}

function signer(name: string, fault: string, needed: string): TlsExplanation {
  return {
    cause: "tls-other",
    detail: (address) => `the certificate of ${address} is signed by ${name}, ${fault}`,
    remedy: `have the certificate of ${name} issued again with ${needed}, and put the new one where the old one is: in the control plane's chain, and in control_plane.ca_file if it is there`,
  };
}

/** A certificate above the server's own. */
interface Issuer {
  readonly name: string;
  /** Of its validity, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly isInCaFile: boolean;
}

/**
 * The issuer that is not valid at `nowMs`; undefined if none shows. `caPem` is the text of
 * control_plane.ca_file: OpenSSL prefers a certificate in it to one of the same name that was sent.
 */
export function outdatedIssuer(
  nowMs: number,
  chain: readonly ChainLink[] = [],
  caPem = "",
): Issuer | undefined {
  const signers = new Set(chain.map(({ issuer }) => issuer));
  const own = certificatesIn(caPem);
  const isOwn = new Set(own.map(({ fingerprint }) => fingerprint));
  return [...chain.slice(1), ...own.filter(({ name }) => signers.has(name))]
    .filter(({ fromMs, toMs }) => nowMs < fromMs || toMs <= nowMs)
    .map((link) => ({ ...link, isInCaFile: isOwn.has(link.fingerprint) }))[0];
}

function certificatesIn(pem: string) {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  return blocks.map((block) => {
    const certificate = new X509Certificate(block);
    return {
      name: nameIn(certificate.toLegacyObject().subject),
      fromMs: certificate.validFromDate.getTime(),
      toMs: certificate.validToDate.getTime(),
      fingerprint: certificate.fingerprint256,
    };
  });
}
