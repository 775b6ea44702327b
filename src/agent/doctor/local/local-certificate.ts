import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import { type CertificateFile, wayUp } from "../../systemd/service/certificate-files.ts";
import { type BetterCertificate, betterCertificate, lostNames } from "./better-certificate.ts";
import { bare, leadsThere, SETTINGS } from "./local-address.ts";
import type { Here, LocalControlPlane } from "./local-control-plane.ts";
import { SERVICE } from "./local-start.ts";

/** What a change of the certificate can repair. */
const OF_CERTIFICATE: ReadonlySet<UnreachableCause> = new Set([
  "tls-untrusted",
  "tls-expired",
  "tls-not-yet-valid",
  "tls-name-mismatch",
  "tls-other",
]);

/** What to do about the certificate of this host's control plane. */
export interface CertificateAdvice {
  /** Empty: it is not what is wrong. */
  readonly steps: readonly Step[];
  /** Whether they alone repair it, because a file with a better one is there. */
  readonly isWhole: boolean;
}

const NONE: CertificateAdvice = { steps: [], isWhole: false };

/** @param nowMs this host's clock, epoch ms */
export function certificateHere(
  { local, addresses = [], certificates, caFile }: Here,
  wanted: string,
  cause: UnreachableCause | undefined,
  detail: string,
  nowMs: number,
): CertificateAdvice {
  const url = new URL(wanted);
  const isOfCertificate =
    cause !== undefined &&
    OF_CERTIFICATE.has(cause) &&
    /^(?:the|a) certificate (?:of|in the chain of) /u.test(detail) &&
    local?.active === "active" &&
    leadsThere(local, url, addresses);
  if (!isOfCertificate || local.certPath === undefined) {
    return NONE;
  }
  const better = certificates && betterCertificate(certificates, { cause, host: bare(url), nowMs });
  if (certificates !== undefined && better !== undefined) {
    const steps =
      better.kind === "root"
        ? [addRoot(lacksText(local, certificates.served), better.file, caFile)]
        : betterSteps(local, certificates.served, better, cause);
    const isWhole = better.kind === "root" || (better.file.isTrusted && better.kind !== "other-key");
    return { steps, isWhole };
  }
  const served = certificates?.served;
  const isAlone = served !== undefined && wayUp(served.chain).length === 1;
  if (cause === "tls-untrusted" && served?.isTrusted === false && !isAlone) {
    return { steps: [step(`${lacksText(local, served)}.`)], isWhole: false };
  }
  const serves = servesText(certPathOf(local));
  const isShort = isAlone && !served.isTrusted && served.chain[0].subject !== served.chain[0].issuer;
  const more = isShort ? " That file needs the intermediate certificates, too." : "";
  return {
    steps: [
      step(
        `${serves}.${more} To use another file, change TLS_CERT (mostly in ${SETTINGS}), then restart that control plane. What is written to the present file is used within a second, without a restart.`,
      ),
    ],
    isWhole: false,
  };
}

/** The chain is there, so the agent lacks the root. */
function lacksText(local: LocalControlPlane, { chain }: CertificateFile): string {
  const serves = servesText(certPathOf(local));
  const issuers = wayUp(chain).length - 1;
  return issuers === 0
    ? `${serves}. The agent lacks the root that issued it`
    : `${serves}, with ${issuers === 1 ? "that of its issuer" : `those of ${issuers} issuers`}. The agent lacks the root above ${issuers === 1 ? "it" : "them"}`;
}

function addRoot(lacks: string, root: CertificateFile, caFile: string | undefined): Step {
  const has = `${lacks}, which this host has as ${printable(root.path, 400)}`;
  return caFile === undefined
    ? step(`${has}: set control_plane.ca_file to that.`)
    : step(
        `${has}. To add it to ca_file, where the agent reads it without a restart, run:`,
        asRoot(`sh -c ${shellWord(`{ echo; cat ${shellWord(root.path)}; } >> ${shellWord(caFile)}`)}`),
      );
}

/** Whether the answer is about a certificate, so that the files of this host may explain it. */
export function isAboutCertificate(cause: UnreachableCause | undefined): boolean {
  return cause !== undefined && OF_CERTIFICATE.has(cause);
}

function certPathOf({ certPath = "" }: LocalControlPlane): string {
  return printable(certPath, 400);
}

function servesText(certPath: string): string {
  return `The control plane of this host serves the certificate in TLS_CERT ${certPath}`;
}

function betterSteps(
  local: LocalControlPlane,
  served: CertificateFile,
  { kind, file, keyPath }: BetterCertificate,
  cause: UnreachableCause,
): readonly Step[] {
  const serves = servesText(certPathOf(local));
  const path = printable(file.path, 400);
  const has = `${path}, beside it, has`;
  const until = utcTime(file.chain[0].validToDate.getTime());
  switch (kind) {
    case "chain":
      return named(`${serves}. ${has} the same certificate with its chain`, local, served, file);
    case "issuer":
      return [
        step(
          `${serves}, without its issuer's. ${has} that one. To add it, run (it is used within a second, without a restart):`,
          asRoot(`sh -c ${shellWord(`{ echo; cat ${shellWord(file.path)}; } >> ${shellWord(served.path)}`)}`),
        ),
      ];
    case "renewed": {
      const lost = lostNames(served.chain[0], file.chain[0]).map((name) => printable(name, 100));
      const but = lost.length === 0 ? "" : `, but no longer for ${lost.slice(0, 5).join(", ")}`;
      const what = `${serves}. ${has} one of the same key that is valid until ${until}${but}`;
      return served.isLink
        ? named(what, local, served, file)
        : [replaced(what, served, file, cause === "tls-name-mismatch" || lost.length > 0)];
    }
    default:
      return [
        step(
          `${serves}. ${has} one that is valid until ${until}, but of another key. ${printable(keyPath, 400)} has that key. Set TLS_CERT and TLS_KEY to these two files (mostly in ${SETTINGS}), then run:`,
          asRoot(`systemctl restart ${SERVICE}`),
        ),
      ];
  }
}

/** Copied over the present file, which keeps its owner, its mode and its name. */
function replaced(what: string, served: CertificateFile, file: CertificateFile, isRestart: boolean): Step {
  const kept = [".old", ".before"].map((end) => `${served.path}${end}`).find((path) => path !== file.path);
  const use = isRestart ? "" : ", which is used within a second, without a restart";
  return step(
    `${what}. To put it in place${use}, and keep the present one as ${printable(kept, 400)}, run:`,
    asRoot(`cp -ab ${shellWord(served.path)} ${shellWord(kept ?? "")}`),
    asRoot(`cp ${shellWord(file.path)} ${shellWord(served.path)}`),
    // It takes no certificate by itself that has none of the names before.
    ...(isRestart ? [asRoot(`systemctl restart ${SERVICE}`)] : []),
  );
}

/** Named in TLS_CERT: what renews the files writes that one, too. */
function named(
  what: string,
  { isCertInFile = false }: LocalControlPlane,
  served: CertificateFile,
  file: CertificateFile,
): readonly Step[] {
  // Others may use the file, so it keeps its owner. Certificates are no secret.
  const isReadable = file.access === "all" || file.access === served.access;
  const opened = isReadable ? [] : [asRoot(`chmod a+r ${shellWord(file.path)}`)];
  const restart = asRoot(`systemctl restart ${SERVICE}`);
  if (!isCertInFile || !/^[\w@%+=:,./-]+$/u.test(file.path)) {
    return [
      step(
        `${what}. Set TLS_CERT=${printable(file.path, 400)} where it is set now (${isCertInFile ? SETTINGS : "in the unit"}), then run:`,
        ...opened,
        restart,
      ),
    ];
  }
  const edit = `s#^[[:space:]]*TLS_CERT[[:space:]]*=.*#TLS_CERT=${file.path}#`;
  return [
    step(
      `${what}. To set TLS_CERT=${file.path} in ${SETTINGS}, run:`,
      ...opened,
      asRoot(`sed -i --follow-symlinks ${shellWord(edit)} ${SETTINGS}`),
      restart,
    ),
  ];
}

/** Node.js accepts it, and curl and browsers do not: it may fail with any other client. */
export function namedBySubject(host: string): { readonly detail: string; readonly remedy: string } {
  return {
    detail: `the certificate of ${host} is trusted, but names the host in its common name alone, which most clients refuse`,
    remedy: "Give the control plane a certificate with a subjectAltName (DNS or IP) for this name.",
  };
}
