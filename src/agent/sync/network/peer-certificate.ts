import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { printable } from "../../../lib/printable.ts";

/** One certificate of a chain. Its names are made printable and short. */
export interface ChainLink {
  readonly name: string;
  readonly issuer: string;
  /** Of its validity, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** SHA-256 of the whole certificate, `AB:CD:…`. */
  readonly fingerprint: string;
  /** Whether it may sign other certificates (basicConstraints CA:TRUE). */
  readonly isAuthority: boolean;
  /** Whether its extended key usage, if it has one, includes TLS servers. */
  readonly servesTls: boolean;
}

/** What the control plane presented in a handshake, accepted or not. */
export interface PeerCertificate {
  readonly fromMs: number;
  readonly toMs: number;
  /** False: the host name stands in the common name alone, which most clients refuse. */
  readonly hasAlternativeNames?: boolean;
  /** From the server's own certificate up, completed from the trusted ones as far as they go. */
  readonly chain?: readonly ChainLink[];
}

/** serverAuth and anyExtendedKeyUsage (RFC 5280, 4.2.1.12). */
const FOR_SERVERS: ReadonlySet<string> = new Set(["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"]);
/** OpenSSL refuses longer chains by itself. */
const MAX_LINKS = 20;
const MAX_NAME = 60;

/** Reads the certificate of the other side; only before the socket is destroyed. */
export function peerCertificate(socket: TLSSocket): PeerCertificate {
  const leaf = socket.getPeerCertificate(true);
  const chain: ChainLink[] = [];
  let current: DetailedPeerCertificate | undefined = leaf;
  for (const seen = new Set<string>(); isNew(current, seen); current = current.issuerCertificate) {
    seen.add(current.fingerprint256);
    chain.push(linkOf(current));
  }
  const hasAlternativeNames = leaf.subjectaltname !== undefined;
  return { fromMs: Date.parse(leaf.valid_from), toMs: Date.parse(leaf.valid_to), hasAlternativeNames, chain };
}

/** A root is its own issuer; an issuer that is not known is missing, and no certificate is `{}`. */
function isNew(
  certificate: DetailedPeerCertificate | undefined,
  seen: ReadonlySet<string>,
): certificate is DetailedPeerCertificate {
  const fingerprint: string | undefined = certificate?.fingerprint256;
  return fingerprint !== undefined && !seen.has(fingerprint) && seen.size < MAX_LINKS;
}

function linkOf(certificate: DetailedPeerCertificate): ChainLink {
  const { subject, issuer, ca, ext_key_usage: usages } = certificate;
  return {
    name: nameIn(subject),
    issuer: nameIn(issuer),
    fromMs: Date.parse(certificate.valid_from),
    toMs: Date.parse(certificate.valid_to),
    fingerprint: certificate.fingerprint256,
    isAuthority: ca,
    servesTls: usages === undefined || usages.some((usage) => FOR_SERVERS.has(usage)),
  };
}

/** Of a subject or an issuer; printable and short. */
export function nameIn(names: DetailedPeerCertificate["subject"] | undefined): string {
  const { CN, O, OU } = names ?? {};
  return printable([CN ?? O ?? OU ?? "(no name)"].flat().at(-1), MAX_NAME);
}
