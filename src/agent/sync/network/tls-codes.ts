import type { UnreachableCause } from "../answer/sync-outcome.ts";

/**
 * What a failed handshake means. `detail` is a clause behind the address: `it asks for a
 * certificate of this host`.
 */
export interface TlsExplanation {
  readonly cause: UnreachableCause;
  readonly detail: (address: string) => string;
  readonly remedy: string;
}

const RENEW = "have the control plane's certificate issued anew";
const CHAIN = "have the control plane's administrator look at its certificate and its chain";
const SERVER = "have the control plane's administrator look at its TLS settings, and at its log";
const RETRY = "if it lasts, look for what changes the bytes on the way: a proxy, a firewall, a bad link";
const CLIENT_CERTIFICATE =
  "check the port in [control_plane].url: the agent shows its key, and no certificate, so the control plane must not ask for one here";

const certificate = (
  what: string,
  remedy: string,
  cause: UnreachableCause = "tls-other",
): TlsExplanation => ({
  cause,
  detail: (address) => `the certificate of ${address} ${what}`,
  remedy,
});

const server = (what: string, remedy: string): TlsExplanation => ({
  cause: "tls-other",
  detail: (address) => `${address} ${what}`,
  remedy,
});

/**
 * X509_verify_cert(3ssl): the codes that Node has for its results. Validity, names and trust are in
 * tls-error.ts.
 */
const VERIFY_CODES: Readonly<Record<string, TlsExplanation>> = {
  CERT_REVOKED: certificate("was revoked", RENEW),
  CERT_REJECTED: certificate("is rejected by the authority that is to vouch for it", CHAIN),
  CERT_SIGNATURE_FAILURE: certificate("has a signature that is not its authority's", CHAIN),
  CERT_CHAIN_TOO_LONG: certificate("comes with more certificates of authorities than are followed", CHAIN),
  INVALID_CA: certificate("is signed by a certificate that is no authority's", CHAIN),
  PATH_LENGTH_EXCEEDED: certificate("has more authorities above it than the topmost allows", CHAIN),
  INVALID_PURPOSE: certificate("was not issued for a TLS server", RENEW),
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: certificate("has a signature that cannot be read", CHAIN),
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: certificate(
    "is signed by an authority whose key cannot be read",
    CHAIN,
  ),
  ERROR_IN_CERT_NOT_BEFORE_FIELD: certificate("has a beginning that is no date", RENEW),
  ERROR_IN_CERT_NOT_AFTER_FIELD: certificate("has an end that is no date", RENEW),
  HOSTNAME_MISMATCH: certificate("is for another name", RENEW, "tls-name-mismatch"),
};

/** Results without a code of Node's (`UNSPECIFIED`), by OpenSSL's own words. */
const VERIFY_WORDS: readonly (readonly [words: RegExp, explanation: TlsExplanation])[] = [
  [
    /permitted subtree violation/,
    certificate(
      "is for a name that its authority may not vouch for (name constraints: not among the permitted)",
      "have the certificate issued by an authority that may, or use a name in [control_plane].url that this one may vouch for",
    ),
  ],
  [
    /excluded subtree violation/,
    certificate(
      "is for a name that its authority may not vouch for (name constraints: among the excluded)",
      "have the certificate issued by an authority that may, or use a name in [control_plane].url that this one may vouch for",
    ),
  ],
  [
    /name constraint/,
    certificate("is signed by an authority whose name constraints cannot be applied", CHAIN),
  ],
  [/too weak/, certificate("has a key or a signature in its chain that is too weak", RENEW)],
  [/key usage|purpose/, certificate("was not issued for a TLS server", RENEW)],
  [/critical extension/, certificate("has a critical extension that is not understood", RENEW)],
];

const OLD = server(
  "and this agent have no version of TLS in common",
  "have the control plane, or what stands before it, speak TLS 1.2 or 1.3",
);
const CIPHERS = server("and this agent have no cipher, curve or signature in common", SERVER);
const WANTS_CERTIFICATE = server("asks for a certificate of this host", CLIENT_CERTIFICATE);
const UNKNOWN_NAME = server(
  "has no certificate for the name that was asked for",
  "check the host in [control_plane].url: what answers there does not know that name",
);
const DISTURBED = server(
  "and this agent do not understand each other's TLS: bytes were changed or lost",
  RETRY,
);
const INTERNAL = server("had a problem of its own in the TLS handshake", SERVER);

/** TLS alerts (RFC 8446, 6), as OpenSSL names them, and what OpenSSL finds itself. */
const HANDSHAKE: Readonly<Record<string, TlsExplanation>> = {
  PROTOCOL_VERSION: OLD,
  UNSUPPORTED_PROTOCOL: OLD,
  VERSION_TOO_LOW: OLD,
  NO_PROTOCOLS_AVAILABLE: OLD,
  INAPPROPRIATE_FALLBACK: OLD,
  HANDSHAKE_FAILURE: server(
    "refused the TLS handshake: no cipher in common, a name that it does not serve, or a certificate of this host that it wants",
    SERVER,
  ),
  INSUFFICIENT_SECURITY: CIPHERS,
  NO_SHARED_CIPHER: CIPHERS,
  NO_SUITABLE_SIGNATURE_ALGORITHM: CIPHERS,
  WRONG_SIGNATURE_TYPE: CIPHERS,
  DH_KEY_TOO_SMALL: server("offers a Diffie-Hellman key that is too weak", SERVER),
  EE_KEY_TOO_SMALL: certificate("has a key that is too weak", RENEW),
  CA_KEY_TOO_SMALL: certificate("is signed by an authority whose key is too weak", RENEW),
  CA_MD_TOO_WEAK: certificate("is signed in a way that is too weak", RENEW),
  UNSAFE_LEGACY_RENEGOTIATION_DISABLED: server("speaks TLS without secure renegotiation (RFC 5746)", SERVER),
  UNRECOGNIZED_NAME: UNKNOWN_NAME,
  CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  NO_CERTIFICATE: WANTS_CERTIFICATE,
  BAD_CERTIFICATE: WANTS_CERTIFICATE,
  UNSUPPORTED_CERTIFICATE: WANTS_CERTIFICATE,
  CERTIFICATE_REVOKED: WANTS_CERTIFICATE,
  CERTIFICATE_EXPIRED: WANTS_CERTIFICATE,
  CERTIFICATE_UNKNOWN: WANTS_CERTIFICATE,
  UNKNOWN_CA: WANTS_CERTIFICATE,
  ACCESS_DENIED: WANTS_CERTIFICATE,
  UNKNOWN_PSK_IDENTITY: server("wants a pre-shared key, which the agent has none of", SERVER),
  NO_APPLICATION_PROTOCOL: server(
    "does not speak HTTP/1.1 over TLS there",
    "check the port in [control_plane].url, and let what answers there offer http/1.1",
  ),
  DECRYPT_ERROR: DISTURBED,
  DECRYPTION_FAILED_OR_BAD_RECORD_MAC: DISTURBED,
  BAD_RECORD_MAC: DISTURBED,
  DECODE_ERROR: DISTURBED,
  RECORD_OVERFLOW: DISTURBED,
  ILLEGAL_PARAMETER: DISTURBED,
  UNEXPECTED_MESSAGE: DISTURBED,
  UNEXPECTED_EOF_WHILE_READING: server("closed the connection in the TLS handshake", SERVER),
  INTERNAL_ERROR: INTERNAL,
  USER_CANCELLED: INTERNAL,
  MISSING_EXTENSION: INTERNAL,
  UNSUPPORTED_EXTENSION: INTERNAL,
};

/**
 * `ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE` and, since OpenSSL 3.2,
 * `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`.
 */
const DRESS = /^ERR_SSL_(?:(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_)?(?:ALERT_)?/;

/**
 * By Node's code, and by OpenSSL's message where that is all there is; undefined for what is in no
 * table.
 */
export function explainTls(code: string, message: string): TlsExplanation | undefined {
  if (Object.hasOwn(VERIFY_CODES, code)) {
    return VERIFY_CODES[code];
  }
  if (code === "UNSPECIFIED") {
    return VERIFY_WORDS.find(([words]) => words.test(message))?.[1];
  }
  const name = code.replace(DRESS, "");
  return name !== code && Object.hasOwn(HANDSHAKE, name) ? HANDSHAKE[name] : undefined;
}
