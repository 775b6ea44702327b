import type { UnreachableCause } from "../answer/sync-outcome.ts";

/**
 * The meaning of a failed handshake; `detail` is a clause: `cp:443 asks for a certificate of this
 * host`.
 */
export interface TlsExplanation {
  readonly cause: UnreachableCause;
  readonly detail: (address: string) => string;
  readonly remedy: string;
}

const RENEW = "have a new certificate issued for the control plane";
const CHAIN = "have the administrator of the control plane check its certificate and its chain";
const SERVER = "have the administrator of the control plane check its TLS settings and its log";
const RETRY = "if it lasts, look for a proxy, a firewall or a bad link that changes bytes on the way";
const CLIENT_CERTIFICATE =
  "check the port in control_plane.url: the agent has a key and no certificate, so the control plane must not ask for one there";

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
 * The codes of Node for the results of X509_verify_cert(3ssl). tls-error.ts has those of validity,
 * names and trust.
 */
const VERIFY_CODES: Readonly<Record<string, TlsExplanation>> = {
  CERT_REVOKED: certificate("was revoked", RENEW),
  CERT_REJECTED: certificate("is rejected by its authority", CHAIN),
  CERT_SIGNATURE_FAILURE: certificate("was not signed by its authority", CHAIN),
  CERT_CHAIN_TOO_LONG: certificate("has a chain that is too long", CHAIN),
  INVALID_CA: certificate("is signed with a certificate that is not an authority", CHAIN),
  PATH_LENGTH_EXCEEDED: certificate("has a longer chain than its root allows", CHAIN),
  INVALID_PURPOSE: certificate("was not issued for a TLS server", RENEW),
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: certificate("has a signature that cannot be read", CHAIN),
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: certificate(
    "is signed by an authority whose key cannot be read",
    CHAIN,
  ),
  ERROR_IN_CERT_NOT_BEFORE_FIELD: certificate("has a start date that cannot be read", RENEW),
  ERROR_IN_CERT_NOT_AFTER_FIELD: certificate("has an end date that cannot be read", RENEW),
  HOSTNAME_MISMATCH: certificate("is for another name", RENEW, "tls-name-mismatch"),
};

/** Results for which Node has no code (`UNSPECIFIED`), by OpenSSL's message. */
const VERIFY_WORDS: readonly (readonly [words: RegExp, explanation: TlsExplanation])[] = [
  [
    /permitted subtree violation/,
    certificate(
      "is for a name that its authority may not certify (name constraints: not permitted)",
      "have the certificate issued by an authority that may, or use a name in control_plane.url that this one may certify",
    ),
  ],
  [
    /excluded subtree violation/,
    certificate(
      "is for a name that its authority may not certify (name constraints: excluded)",
      "have the certificate issued by an authority that may, or use a name in control_plane.url that this one may certify",
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
  "have the control plane, or the proxy in front of it, speak TLS 1.2 or 1.3",
);
const CIPHERS = server("and this agent have no cipher, curve or signature in common", SERVER);
const WANTS_CERTIFICATE = server("asks for a certificate of this host", CLIENT_CERTIFICATE);
const UNKNOWN_NAME = server(
  "has no certificate for the requested name",
  "check the host in control_plane.url: the server there does not know that name",
);
const DISTURBED = server(
  "and this agent do not understand each other's TLS: bytes were changed or lost",
  RETRY,
);
const INTERNAL = server("had an internal error in the TLS handshake", SERVER);

/** TLS alerts (RFC 8446, 6) by their names in OpenSSL, and errors that OpenSSL finds itself. */
const HANDSHAKE: Readonly<Record<string, TlsExplanation>> = {
  PROTOCOL_VERSION: OLD,
  UNSUPPORTED_PROTOCOL: OLD,
  VERSION_TOO_LOW: OLD,
  NO_PROTOCOLS_AVAILABLE: OLD,
  INAPPROPRIATE_FALLBACK: OLD,
  HANDSHAKE_FAILURE: server(
    "refused the TLS handshake: no cipher in common, a name that it does not serve, or a missing client certificate",
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
  UNKNOWN_PSK_IDENTITY: server("wants a pre-shared key, which the agent does not have", SERVER),
  NO_APPLICATION_PROTOCOL: server(
    "does not speak HTTP/1.1 over TLS there",
    "check the port in control_plane.url, and have the server there offer http/1.1",
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
 * By the code of Node, or by OpenSSL's message if that is all there is; undefined if no table has
 * it.
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
