import type { ChainLink } from "./peer-certificate.ts";
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
