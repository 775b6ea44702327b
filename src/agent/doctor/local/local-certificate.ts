import { printable } from "../../../lib/printable.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import { leadsThere, SETTINGS } from "./local-address.ts";
import type { Here } from "./local-control-plane.ts";

/** What a change of the certificate can repair. */
const OF_CERTIFICATE: ReadonlySet<UnreachableCause> = new Set([
  "tls-untrusted",
  "tls-expired",
  "tls-not-yet-valid",
  "tls-name-mismatch",
  "tls-other",
]);

/** Where the certificate of this host's control plane is; undefined: it is not what is wrong. */
export function certificateHere(
  { local, addresses = [] }: Here,
  wanted: string,
  cause: UnreachableCause | undefined,
  detail: string,
): readonly Step[] {
  const isOfCertificate =
    cause !== undefined &&
    OF_CERTIFICATE.has(cause) &&
    detail.startsWith("the certificate of") &&
    local?.active === "active" &&
    leadsThere(local, new URL(wanted), addresses);
  return isOfCertificate && local.certPath !== undefined
    ? [
        step(
          `The control plane of this host serves the certificate in TLS_CERT ${printable(local.certPath, 400)}. That file needs the intermediate certificates, too. To use another file, change TLS_CERT (mostly in ${SETTINGS}), then restart that control plane. What is written to the present file is used within a second, without a restart.`,
        ),
      ]
    : [];
}
