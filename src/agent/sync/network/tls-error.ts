import { printable } from "../../../lib/printable.ts";
import { inPlace, withSudo } from "../../../lib/shell-word.ts";
import { type Unreachable, unreachable } from "../answer/sync-outcome.ts";
import { chainFlaw, outdatedIssuer } from "./chain-flaw.ts";
import type { PeerCertificate } from "./peer-certificate.ts";
import { explainTls } from "./tls-codes.ts";

/** What is known of a failed TLS handshake. */
export interface TlsPlace {
  /** `cp.example.com:443` */
  readonly address: string;
  /** This host's clock, epoch ms. */
  readonly nowMs: number;
  /**
   * The control plane's clock by now, computed from its last answer; undefined before the first.
   */
  readonly serverNowMs: number | undefined;
  readonly certificate: PeerCertificate | undefined;
  /** The text of control_plane.ca_file; undefined without one. */
  readonly caPem: string | undefined;
  /** `proxy.example.com:3128`; undefined without a proxy on the way. */
  readonly proxyAddress: string | undefined;
}

/** The year in which this agent was written: a clock that says less is wrong. */
const EARLIEST_NOW_MS = Date.UTC(2026, 0, 1);

/** Clocks that differ by more do not agree, ms. */
const CLOCKS_DIFFER_MS = 60_000;

const LEAST_CLOCK_ERROR_MS = 3600 * 1000;

const UNTRUSTED = new Set([
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** A failed handshake, by the codes of OpenSSL and Node; undefined if it is no TLS error. */
export function unreachableByTls(code: string, error: Error, place: TlsPlace): Unreachable | undefined {
  if (code === "CERT_HAS_EXPIRED") {
    return expired(place);
  }
  if (code === "CERT_NOT_YET_VALID") {
    return notYetValid(place);
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return nameMismatch(error, place);
  }
  if (UNTRUSTED.has(code)) {
    return untrusted(code, place);
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return unreachable("tls-other", `${place.address} does not speak TLS (${code})`, {
      remedy: "check the port in control_plane.url: a server that speaks plain HTTP listens there",
    });
  }
  const known = chainFlaw(code, error.message, place.certificate?.chain) ?? explainTls(code, error.message);
  if (known !== undefined) {
    return unreachable(known.cause, `${known.detail(place.address)} (${printable(code, 60)})`, {
      remedy: known.remedy,
    });
  }
  if (
    !/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|CRL_|EPROTO$|UNSPECIFIED$|INVALID_|HOSTNAME_MISMATCH$|UNABLE_TO_)/.test(
      code,
    )
  ) {
    return undefined;
  }
  return unreachable("tls-other", `no TLS connection to ${place.address} (${printable(code, 60)})`, {
    remedy: `see what it offers: openssl s_client -connect ${place.address}`,
  });
}

function expired(place: TlsPlace): Unreachable {
  const clock = wrongClock(place);
  if (clock !== undefined) {
    return clock("tls-expired");
  }
  const { certificate, nowMs, address, caPem } = place;
  if (certificate === undefined || certificate.toMs > nowMs) {
    const issuer = outdatedIssuer(nowMs, certificate?.chain, caPem);
    const detail =
      issuer === undefined
        ? `a certificate in the chain of ${address} has expired`
        : `the certificate of ${address} is signed by way of ${issuer.name}, whose own certificate ${sinceWhen(issuer.toMs, nowMs)}`;
    const clockToo = orClock(issuer?.toMs, place);
    const remedy = issuer?.isInCaFile
      ? `replace the certificate of ${issuer.name} in control_plane.ca_file with one that is valid now${clockToo}`
      : `renew the control plane's certificate and its chain${clockToo}`;
    return unreachable("tls-expired", detail, { remedy });
  }
  const since = sinceWhen(certificate.toMs, nowMs);
  return unreachable("tls-expired", `the certificate of ${address} ${since}`, {
    remedy: `renew the control plane's certificate${orClock(certificate.toMs, place)}`,
  });
}

/** With the time of day if the days do not tell the two apart. */
function sinceWhen(toMs: number, nowMs: number): string {
  return day(toMs) === day(nowMs)
    ? `expired at ${moment(toMs)} (this host's clock says ${moment(nowMs)})`
    : `expired on ${day(toMs)} (this host's clock says ${day(nowMs)})`;
}

/**
 * A clock that is wrong is mostly so by a time zone or more. Less than that, and the certificate
 * would end in a moment even if the clock were the cause.
 */
function orClock(toMs: number | undefined, place: TlsPlace): string {
  const { nowMs } = place;
  if (isClockRight(place) || (toMs !== undefined && nowMs - toMs < LEAST_CLOCK_ERROR_MS)) {
    return "";
  }
  return toMs !== undefined && day(toMs) === day(nowMs)
    ? `, or set this host's clock if it is not ${moment(nowMs)} now`
    : `, or set this host's clock if ${day(nowMs)} is not today`;
}

/** A certificate from the future is rare; a host that starts with a clock in the past is not. */
function notYetValid(place: TlsPlace): Unreachable {
  const clock = wrongClock(place);
  if (clock !== undefined) {
    return clock("tls-not-yet-valid");
  }
  const { certificate, nowMs, address, caPem } = place;
  const isOwn = certificate === undefined || certificate.fromMs > nowMs;
  const issuer = isOwn ? undefined : outdatedIssuer(nowMs, certificate.chain, caPem);
  const before = `is not valid before ${moment(issuer?.fromMs ?? certificate?.fromMs ?? Number.NaN)}`;
  const what =
    issuer !== undefined
      ? `is signed by way of ${issuer.name}, whose own certificate ${before}`
      : isOwn && certificate !== undefined
        ? before
        : "or its chain is not valid yet";
  const isRight = isClockRight(place);
  const says = `this host's clock says ${moment(nowMs)}${isRight ? ", as the control plane's did" : ""}`;
  return unreachable("tls-not-yet-valid", `the certificate of ${address} ${what}, and ${says}`, {
    remedy: isRight
      ? "replace the control plane's certificate with one that is valid now"
      : inPlace({
          host: "set this host's clock, which is probably slow. To look at it, run: timedatectl status",
          pod: "set the clock of the Kubernetes node, which is probably slow",
        }),
  });
}

/** This host's clock and the control plane's agreed when it answered last. */
function isClockRight({ nowMs, serverNowMs }: TlsPlace): boolean {
  return serverNowMs !== undefined && Math.abs(serverNowMs - nowMs) <= CLOCKS_DIFFER_MS;
}

/**
 * Blames the clock if it is surely wrong: before this program, or far from that of the control
 * plane.
 */
function wrongClock(
  place: TlsPlace,
): ((cause: "tls-expired" | "tls-not-yet-valid") => Unreachable) | undefined {
  const { nowMs, serverNowMs, certificate, address } = place;
  const isValidThere =
    serverNowMs !== undefined &&
    (certificate === undefined || (certificate.fromMs <= serverNowMs && serverNowMs <= certificate.toMs)) &&
    Math.abs(serverNowMs - nowMs) > CLOCKS_DIFFER_MS;
  if (nowMs >= EARLIEST_NOW_MS && !isValidThere) {
    return undefined;
  }
  const other = isValidThere ? `, the control plane's ${moment(serverNowMs)}` : "";
  const detail = `this host's clock is wrong, so the certificate of ${address} cannot be judged: it says ${moment(nowMs)}${other}`;
  return (cause) =>
    unreachable(cause, detail, {
      remedy: inPlace({
        host: `set this host's clock. To have NTP set it, run: ${withSudo("timedatectl set-ntp true")}`,
        pod: "set the clock of the Kubernetes node",
      }),
    });
}

function untrusted(code: string, { address, caPem, certificate, proxyAddress }: TlsPlace): Unreachable {
  const issuer = certificate?.chain?.at(-1)?.issuer;
  const by = issuer === undefined ? "" : `, ${issuer}`;
  const how =
    code === "DEPTH_ZERO_SELF_SIGNED_CERT"
      ? "is self-signed"
      : `is signed by a certificate authority that this host does not know${by}`;
  const unless = orIntermediates(code, certificate?.chain?.length);
  const inspected =
    proxyAddress === undefined
      ? ""
      : `; if the proxy ${proxyAddress} inspects TLS, the authority is the proxy's`;
  return unreachable("tls-untrusted", `the certificate of ${address} ${how} (${code})`, {
    remedy:
      caPem !== undefined
        ? `control_plane.ca_file does not contain the authority that signed it: add the certificate of ${issuer ?? "that authority"}${unless}${inspected}`
        : `put the authority's certificate into a file and name that file in control_plane.ca_file${unless}${inspected}`,
  });
}

/** @param length of the chain that was sent; undefined: it is not known */
function orIntermediates(code: string, length: number | undefined): string {
  const isSelfSigned = code === "DEPTH_ZERO_SELF_SIGNED_CERT" || code === "SELF_SIGNED_CERT_IN_CHAIN";
  if (isSelfSigned || (length !== undefined && length > 1)) {
    return "";
  }
  return `, or have the control plane send its intermediate certificates${length === 1 ? ", which it does not" : ""}`;
}

function nameMismatch(error: Error, { address }: TlsPlace): Unreachable {
  const names = certificateNames(error);
  const list = names === "" ? "names no host" : `is for ${names}, not for that name`;
  const outcome = unreachable("tls-name-mismatch", `the certificate of ${address} ${list}`, {
    remedy: "use one of the certificate's names in control_plane.url, or add the name to the certificate",
  });
  return { ...outcome, certificateNames: dnsNames(error) };
}

/** Each of the many that a certificate may have. */
function dnsNames(error: Error): readonly string[] {
  return [...alternativeNames(error).matchAll(/(?:^|, )DNS:([^,"\s]{1,253})(?=,|$)/gu)].map(
    ([, name = ""]) => name,
  );
}

function certificateNames(error: Error): string {
  const names = printable(alternativeNames(error), 400).split(/,\s*/);
  return printable(names.map((name) => name.replace(/^(DNS|IP Address|URI):/, "")).join(", "), 120);
}

function alternativeNames(error: Error): string {
  const certificate = "cert" in error ? error.cert : undefined;
  const hasNames = typeof certificate === "object" && certificate !== null && "subjectaltname" in certificate;
  return hasNames ? String(certificate.subjectaltname ?? "") : "";
}

function day(atMs: number): string {
  return moment(atMs).slice(0, 10);
}

function moment(atMs: number): string {
  return Number.isNaN(new Date(atMs).getTime()) ? "?" : `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
